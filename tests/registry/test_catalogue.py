"""What is known of losses without running anybody's code."""

import sys
from collections.abc import Callable

import pytest

import losskit
from losskit import registry
from losskit.registry import Listing
from losskit.spec.errors import PluginError

Install = Callable[..., None]


def entry(name: str) -> Listing:
    (found,) = (listing for listing in registry.listing() if listing.name == name)
    return found


def test_every_loss_is_listed_in_order() -> None:
    assert tuple(listing.name for listing in registry.listing()) == losskit.names()


def test_the_folder_of_a_built_in_loss_is_its_task() -> None:
    for listing in registry.listing():
        if listing.providers[0].builtin:
            assert listing.task == losskit.get(listing.name).task


def test_the_synopsis_read_from_the_source_is_the_docstring() -> None:
    for listing in registry.listing():
        if listing.providers[0].builtin:
            module = listing.providers[0].module
            loaded = sys.modules.pop(module)
            try:
                read = entry(listing.name).synopsis
            finally:
                sys.modules[module] = loaded
            assert read == (loaded.__doc__ or "").strip().splitlines()[0]
            assert read == entry(listing.name).synopsis


def test_a_foreign_plugin_is_listed_without_being_imported(foreign: str) -> None:
    found = entry(foreign)
    assert (found.task, found.synopsis, found.problem) == ("", "", "")
    assert "foreign_plugin" not in sys.modules


def test_a_collision_is_known_without_importing_anything(install: Install, foreign: str) -> None:
    install("other-losses", {foreign: "other_plugin"}, {"other_plugin": "raise RuntimeError"})
    assert "foreign-losses 1.0 (foreign_plugin)" in entry(foreign).problem
    assert "other-losses 1.0 (other_plugin)" in entry(foreign).problem


def test_a_survey_loads_each_loss_once(install: Install, foreign: str) -> None:
    source = (
        "import builtins\nbuiltins.losskit_imports = getattr(builtins, 'losskit_imports', 0) + 1\nraise RuntimeError"
    )
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": source})
    loaded, failed = registry.survey()
    assert foreign in {spec.name for spec in loaded}
    assert [failure.name for failure in failed] == ["broken"]
    assert vars(__import__("builtins")).pop("losskit_imports") == 1


def test_find_may_be_asked_of_some_specs_only() -> None:
    spec = losskit.get("comp_sum")
    assert [match.name for match in losskit.find(holds="NonNegative", among=[spec])] == ["comp_sum"]
    assert losskit.find(holds="NonNegative", among=[]) == []


def test_what_pydantic_says_of_a_foreign_spec_is_named(install: Install) -> None:
    source = (
        "from losskit.spec import LossSpec, hookimpl\n@hookimpl\ndef losskit_loss(): "
        "return LossSpec.model_validate({'name': 'a b'})"
    )
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": source})
    with pytest.raises(PluginError, match="ValidationError: LossSpec name: String should match pattern"):
        losskit.get("broken")
