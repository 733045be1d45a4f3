from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import losskit

from .conftest import Elsewhere

Invoke = Callable[..., Any]


def test_each_reference_comes_once(invoke: Invoke) -> None:
    first, second = losskit.get("comp_sum").references, losskit.get("mae_classification").references
    shared = {r.key for r in first} & {r.key for r in second}
    assert shared
    shown = invoke("cite", "comp_sum", "mae_classification").stdout
    for reference in (*first, *second):
        assert shown.count(f"{{{reference.key},") == 1


def test_one_loss_is_cited_as_describe_does(invoke: Invoke) -> None:
    assert invoke("cite", "dice").stdout == invoke("describe", "dice", "--bibtex").stdout


def test_all_of_them(invoke: Invoke) -> None:
    shown = invoke("cite", "--all").stdout
    keys = {r.key for name in losskit.names() for r in losskit.get(name).references}
    assert shown.count("\n@") + 1 == len(keys)


def test_json_says_whose_a_reference_is(invoke: Invoke) -> None:
    found = json.loads(invoke("cite", "comp_sum", "mae_classification", "--json").stdout)["references"]
    ghosh = next(one for one in found if one["key"] == "ghosh2017robust")
    assert ghosh["losses"] == ["comp_sum", "mae_classification"]
    assert (ghosh["year"], ghosh["bibtex"][:1]) == ("2017", "@")


def test_names_or_all(invoke: Invoke) -> None:
    for arguments in ((), ("dice", "--all")):
        result = invoke("cite", *arguments)
        assert result.exit_code == 2
        assert "give the names of losses, or --all" in result.stderr
    assert "did you mean dice" in invoke("cite", "dise").stderr


def test_a_broken_plugin_is_left_out_and_named(elsewhere: Elsewhere) -> None:
    elsewhere.install("broken-losses", {"broken_loss": "broken_plugin"}, {"broken_plugin": "raise ValueError('no')"})
    run = elsewhere.run("cite", "--all")
    assert run.returncode == 0
    assert "left out, for 'losskit doctor' to explain: broken_loss" in run.stderr
