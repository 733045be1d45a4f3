"""A plugin says which hooks it is made for; one made for newer ones is refused with the version to install."""

from __future__ import annotations

import pytest

import losskit
from losskit.registry import extensions
from losskit.registry.discovery import Provider
from losskit.registry.hooking import check_api
from losskit.spec.errors import PluginError
from losskit.spec.hooks import API

from .conftest import PLUGIN, Install

NEWER = "9.1"
REFUSED = rf"asks for the hooks of losskit 9\.1, and losskit .* has those of {API}; run: pip install 'losskit>=9\.1'"


def test_the_api_is_a_series_that_this_losskit_has() -> None:
    series = tuple(int(part) for part in API.split("."))
    assert len(series) == 2
    assert series <= tuple(int(part) for part in losskit.__version__.split(".")[:2])


def test_a_loss_that_asks_for_newer_hooks_is_refused_before_they_are_called(install: Install) -> None:
    source = PLUGIN.format(name="later", module="nowhere:M").replace("    return SPEC", "    raise AssertionError")
    install("later-losses", {"later": "later_plugin"}, {"later_plugin": source + f"\nLOSSKIT_API = {NEWER!r}\n"})
    with pytest.raises(PluginError, match=rf"^the plugin of later from later-losses 1\.0 \(later_plugin\) {REFUSED}$"):
        losskit.get("later")


def test_an_extension_that_asks_for_newer_hooks_is_left_out(install: Install) -> None:
    source = f"LOSSKIT_API = {NEWER!r}\n"
    install("later-things", {"later": "later_things"}, {"later_things": source}, group="losskit.extensions")
    (problem,) = extensions.problems()
    assert f"run: pip install 'losskit>={NEWER}'" in problem.cause


@pytest.mark.parametrize("assignment", [f"LOSSKIT_API = {NEWER!r}", f"LOSSKIT_API: str = {NEWER!r}"])
def test_one_that_lacks_what_only_the_newer_losskit_has_is_told_so(install: Install, assignment: str) -> None:
    source = f"from losskit.spec import SomethingNew\n{assignment}\n"
    install("later-losses", {"later": "later_plugin"}, {"later_plugin": source})
    with pytest.raises(PluginError, match=REFUSED):
        losskit.get("later")


@pytest.mark.parametrize("asked", [API, "0.0", None])
def test_these_hooks_and_older_ones_are_taken(install: Install, asked: str | None) -> None:
    source = PLUGIN.format(name="here", module="nowhere:M") + f"\nLOSSKIT_API = {asked!r}\n"
    install("here-losses", {"here": "here_plugin"}, {"here_plugin": source})
    assert losskit.get("here").name == "here"


@pytest.mark.parametrize("asked", [0.2, "", "new", "0.2.1", ("0", "1")])
def test_what_is_no_series_is_refused(asked: object) -> None:
    with pytest.raises(PluginError, match=rf"has LOSSKIT_API = .*, expected a series of losskit such as '{API}'"):
        check_api(Provider("odd", "odd", "odd-losses", "1.0"), asked)
