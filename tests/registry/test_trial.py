"""Plugins are tried out in processes that may die of them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from losskit import registry
from losskit.registry import Provider, Trial, traces, trials

from .conftest import PLUGIN

Install = Callable[..., None]
SOURCES = {
    "first": PLUGIN.format(name="first", module="nowhere:Missing"),
    "ends": "import os\nos._exit(7)",
    "forks": "import os\nos.fork()\n" + PLUGIN.format(name="forks", module="nowhere:Missing"),
    "closes": "import os\nos.closerange(0, 3)\nraise RuntimeError('closed')",
    "last": PLUGIN.format(name="last", module="nowhere:Missing"),
}


@pytest.fixture
def offered(install: Install) -> list[Provider]:
    modules = {f"{name}_trial": source for name, source in SOURCES.items()}
    install("trial-losses", {name: f"{name}_trial" for name in SOURCES}, modules)
    return [registry.providers()[name][0] for name in SOURCES]


def test_each_is_tried_whatever_became_of_the_one_before(offered: list[Provider]) -> None:
    told: list[Trial] = []
    found = trials(offered, told=told.append)
    assert tuple(told) == found
    assert {trial.provider.name: trial.cause for trial in found} == {
        "first": "",
        "ends": "its import ends the process with exit status 7",
        "forks": "",
        "closes": "RuntimeError: closed",
        "last": "",
    }
    assert not {f"{name}_trial" for name in SOURCES} & set(sys.modules)
    assert [trial.seconds is None for trial in found] == [False, True, False, False, False]
    assert not any(trial.slow or trial.traces for trial in found if not trial.cause)


def test_only_plugins_of_others_that_are_alone_are_tried(offered: list[Provider], install: Install) -> None:
    install("other-losses", {"last": "other_plugin"}, {})
    assert registry.tried(["first", "ends", "last", "mae", "nobody"]) == {
        "ends": "the plugin of ends from trial-losses 1.0 (ends_trial) fails: its import ends the process with exit status 7"
    }


def test_a_python_that_cannot_be_started_blames_nobody(
    offered: list[Provider], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere/at/all")
    causes = {trial.cause for trial in trials(offered)}
    assert len(causes) == 1
    assert causes.pop().startswith("no process could be started to try it: ")


def test_an_interpreter_that_nobody_touched_has_not_changed() -> None:
    assert traces.changes(traces.snapshot(), traces.snapshot()) == ()


def test_changes_of_torch_are_named() -> None:
    before = {**traces.snapshot(), "torch": {"dtype": "torch.float32", "seed": 1}}
    after = {**before, "torch": {"dtype": "torch.float64", "seed": 2}, "threads": before["threads"] + 2}
    assert traces.changes(before, after) == ("changes torch's dtype, seed", "leaves 2 threads running")
