from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import losskit

from .conftest import PLUGIN, Elsewhere

Invoke = Callable[..., Any]
BROKEN = "raise RuntimeError('out of order')"


def test_every_loss_has_a_line(invoke: Invoke) -> None:
    lines = invoke("list").stdout.splitlines()
    assert lines[0].split() == ["LOSS", "TASK", "ABOUT"]
    assert [line.split()[0] for line in lines[1:]] == list(losskit.names())


def test_a_line_has_the_task_and_what_the_loss_is_about(invoke: Invoke) -> None:
    (line,) = (line for line in invoke("list").stdout.splitlines() if line.startswith("comp_sum "))
    assert line.split(maxsplit=2)[1] == "classification"
    assert "Comp-sum losses: one exponent from sum-exponential" in line


def test_the_answer_to_a_property_names_the_regime(invoke: Invoke) -> None:
    lines = invoke("list", "--holds", "LabelSymmetric", "--fails", "convex").stdout.splitlines()
    assert lines[0].split() == ["LOSS", "TASK", "PROPERTY", "VERDICT", "WHERE"]
    shown = [" ".join(line.split()) for line in lines if line.startswith("comp_sum ")]
    assert shown == [
        "comp_sum classification LabelSymmetric holds tau = 2",
        "comp_sum classification Convex(on=logits) fails tau in (1, inf), C in [2, inf)",
    ]


def test_several_properties_may_be_given_in_one_word(invoke: Invoke) -> None:
    one = invoke("list", "--holds", "LabelSymmetric,NonNegative").stdout
    assert one == invoke("list", "--holds", "LabelSymmetric", "--holds", "non_negative").stdout
    assert "NonNegative" in one


def test_task_and_coupling_filter(invoke: Invoke) -> None:
    tasks = {line.split()[1] for line in invoke("list", "--task", "classification").stdout.splitlines()[1:]}
    assert tasks == {"classification"}
    alone = [line.split()[0] for line in invoke("list", "--coupling", "none").stdout.splitlines()[1:]]
    assert alone == [name for name in losskit.names() if losskit.get(name).coupling is None]


def test_no_answer_is_said_and_no_error(invoke: Invoke) -> None:
    result = invoke("list", "--task", "law", "--holds", "TopKCalibrated")
    assert (result.exit_code, result.stdout) == (0, "\n")
    assert result.stderr == "losskit: no loss answers this question\n"


def test_json_names_claims_with_their_regimes_as_data(invoke: Invoke) -> None:
    result = invoke("list", "--holds", "LabelSymmetric", "--json")
    found = json.loads(result.stdout)
    assert found["schema_version"] == 1
    assert found["losskit"] == losskit.__version__
    (loss,) = (loss for loss in found["losses"] if loss["name"] == "comp_sum")
    (claim,) = loss["claims"]
    assert claim["where"] == "tau = 2"
    assert claim["when"] == {"tau": {"kind": "one_of", "values": [2]}}
    assert claim["property"]["kind"] == "LabelSymmetric"
    assert claim["source"]


def test_json_without_a_question_knows_the_same_losses(invoke: Invoke) -> None:
    found = json.loads(invoke("list", "--json").stdout)
    assert [loss["name"] for loss in found["losses"]] == list(losskit.names())
    assert {loss["distribution"] for loss in found["losses"]} == {"losskit"}
    assert found["problems"] == {}


def test_listing_imports_no_plugin_of_others(foreign: Elsewhere) -> None:
    run = foreign.run("list")
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("foreign_loss "))
    assert line.split() == ["foreign_loss", "?", "[foreign-losses", "1.0]"]
    assert "losskit describe NAME" in run.stderr
    assert not (foreign.folder / "imported").exists()


def test_a_question_imports_the_plugins_it_asks(foreign: Elsewhere) -> None:
    run = foreign.run("list", "--coupling", "set")
    lines = [" ".join(line.split()) for line in run.stdout.splitlines()]
    assert "foreign_loss regression set A loss from elsewhere, for tests. [foreign-losses 1.0]" in lines
    assert (foreign.folder / "imported").exists()


@pytest.mark.parametrize(
    "source",
    [
        BROKEN,
        "import sys; sys.exit(0)",
        "raise SystemExit",
        "import losskit_missing_dependency",
        PLUGIN.format(name="another_name"),
        "",
    ],
)
def test_a_broken_plugin_is_one_line_on_stderr(foreign: Elsewhere, source: str) -> None:
    foreign.install("broken-losses", {"broken_loss": "broken_plugin"}, {"broken_plugin": source})
    run = foreign.run("list", "--holds", "NonNegative")
    assert run.returncode == 0
    assert "foreign_loss" in run.stdout
    assert "comp_sum" in run.stdout
    assert "broken_loss" not in run.stdout
    assert run.stderr == "losskit: 1 loss cannot be used (broken_loss); 'losskit doctor' says why\n"


def test_a_collision_is_seen_without_importing_anything(foreign: Elsewhere) -> None:
    foreign.install("other-losses", {"foreign_loss": "other", "comp_sum": "other"}, {"other": BROKEN})
    run = foreign.run("list")
    assert not {"foreign_loss", "comp_sum"} & {line.split()[0] for line in run.stdout.splitlines()}
    assert run.stderr == "losskit: 2 losses cannot be used (comp_sum, foreign_loss); 'losskit doctor' says why\n"
    assert not (foreign.folder / "imported").exists()


def test_what_a_plugin_prints_does_not_reach_the_answer(foreign: Elsewhere) -> None:
    source = PLUGIN.format(name="loud_loss") + "\nimport os\nprint('loud')\nos.write(1, b'louder')\n"
    foreign.install("loud-losses", {"loud_loss": "loud_plugin"}, {"loud_plugin": source})
    run = foreign.run("list", "--holds", "NonNegative", "--json")
    assert "loud_loss" in {loss["name"] for loss in json.loads(run.stdout)["losses"]}
    assert "loud" in run.stderr
    assert "louder" in run.stderr


def test_a_variable_that_names_nobody_is_said_to(foreign: Elsewhere) -> None:
    run = foreign.run("list", LOSSKIT_PLUGINS="foreign_losses,forein-losses")
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["LOSS", "foreign_loss"]
    assert "LOSSKIT_PLUGINS names forein-losses, and no distribution of this name has plugins" in run.stderr
