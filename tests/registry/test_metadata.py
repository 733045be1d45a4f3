"""Entry points are read as importlib.metadata reads them, and damaged ones hide nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import losskit
from losskit import registry
from losskit.registry import discovery, metadata
from losskit.spec import LossSpec
from losskit.spec.errors import PluginError, UnknownLossError

Install = Callable[..., None]


def test_what_is_read_is_what_importlib_reads(foreign: str) -> None:
    ours = {(e.name, e.value, e.distribution, e.version) for e in metadata.entries(registry.GROUP)}
    points = entry_points(group=registry.GROUP)
    assert ours == {(p.name, p.value, p.dist.name, p.dist.version) for p in points if p.dist}
    assert foreign in {name for name, *_ in ours}


def test_comments_sections_and_spaces_are_understood(install: Install, tmp_path: Path) -> None:
    install("odd-losses", {}, {})
    text = "# one = of\n[other]\nno = module\n [losskit.losses] \n; two = of\n spaced_out =  odd.plugin : Thing.one [ extra ] \n"
    (tmp_path / "odd_losses-1.0.dist-info" / "entry_points.txt").write_text(text)
    registry.forget()
    (provider,) = registry.providers(choice="odd-losses")["spaced_out"]
    assert (provider.module, provider.problem) == ("odd.plugin:Thing.one", "")
    assert list(registry.providers(choice="odd-losses")) == ["spaced_out"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("Upper", "fine", "'Upper' is no name of a loss"),
        ("tab\tbed", "fine", "is no name of a loss"),
        ("fine", "a b c", "its entry point is 'a b c'"),
        ("fine", "a.", "its entry point is 'a.'"),
        ("fine", "a:", "its entry point is 'a:'"),
        ("fine", "../a", "its entry point is '../a'"),
        ("fine", "losskit.plugins.regression.mae", "names a module of losskit"),
        ("fine", "losskit:create", "names a module of losskit"),
        ("fine", "json.tool", "which is Python's own"),
        ("fine", "losskit_extras.plugin", ""),
        ("fine", "jsonlike", ""),
    ],
)
def test_what_cannot_be_right_is_known_without_importing(install: Install, name: str, value: str, problem: str) -> None:
    install("odd-losses", {name: value}, {})
    ((provider,),) = registry.providers(choice="odd-losses").values()
    (listed,) = (entry for entry in registry.listing() if entry.name == provider.name)
    assert problem in provider.problem
    assert listed.problem == provider.problem
    if problem:
        with pytest.raises(PluginError, match="cannot be imported: "):
            losskit.get(provider.name)


def test_names_are_those_that_a_spec_may_have() -> None:
    (rule,) = (rule.pattern for rule in LossSpec.model_fields["name"].metadata if hasattr(rule, "pattern"))
    assert rule == f"^{discovery.NAME.pattern}$"


def test_a_distribution_is_chosen_however_its_name_is_written(foreign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(registry.VARIABLE, "Foreign_Losses, nobody")
    assert registry.names() == (foreign,)
    assert registry.unmatched() == ("nobody",)
    with pytest.raises(
        UnknownLossError, match="comp_sum of losskit is not selected: LOSSKIT_PLUGINS is Foreign_Losses"
    ):
        losskit.get("comp_sum")
