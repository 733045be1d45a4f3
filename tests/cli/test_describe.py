from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

import losskit
from losskit.cli.snippet import snippet
from losskit.spec import Example, LossSpec

from .conftest import Elsewhere

Invoke = Callable[..., Any]
SECTIONS = (
    "Formula", "Inputs", "Parameters", "What holds", "What fails", "Links to other losses", "Engineering",
    "Engineering properties it lacks", "Edge cases", "Worked example", "What an exported graph does not refuse",
    "Cite as",
)  # fmt: skip


def test_the_page_has_its_sections_in_order(invoke: Invoke) -> None:
    lines = invoke("describe", "comp_sum").stdout.splitlines()
    assert lines[0] == "comp_sum: Comp-sum loss family"
    assert [line for line in lines if line in SECTIONS] == list(SECTIONS)


def test_the_page_says_what_the_spec_says(invoke: Invoke) -> None:
    spec = losskit.get("comp_sum")
    shown = " ".join(invoke("describe", "comp_sum").stdout.split())
    expected = [
        spec.summary,
        spec.formula,
        "logits (B, C) float real yes",
        "target (B,) int64 class id in 0..C-1 no",
        "tau [0, inf) 1 member:",
        "LabelSymmetric tau = 2 Ghosh et al. 2017: probabilities sum to 1",
        "cross_entropy holds tau = 1",
        "FiniteOn tau in [0, 1)",
        *(narrowing.reason for narrowing in spec.narrowed),
        *(case.expected for case in spec.edge_cases),
        *(one.meaning for one in spec.graph_accepts),
        str(spec.references[0]),
    ]
    for part in expected:
        assert " ".join(part.split()) in shown


@pytest.mark.parametrize("name", losskit.names())
def test_every_loss_can_be_described(invoke: Invoke, name: str) -> None:
    result = invoke("describe", name)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{name}: {losskit.get(name).title}\n")


@pytest.mark.parametrize("name", losskit.names())
def test_the_spec_comes_back_from_json(invoke: Invoke, name: str) -> None:
    found = json.loads(invoke("describe", name, "--json").stdout)
    assert found["schema_version"] == 1
    again = LossSpec.model_validate(found["spec"])
    assert (
        again.model_dump_json() == losskit.get(name).model_dump_json()
    )  # an example may hold NaN, which equals nothing


def flat(value: Any) -> list[float]:
    return [number for entry in value for number in flat(entry)] if isinstance(value, list) else [float(value)]


@pytest.mark.parametrize("name", losskit.names())
def test_the_worked_example_runs_and_gives_its_number(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = losskit.get(name)
    for example in (e for e in spec.examples if not e.refused):
        space: dict[str, Any] = {}
        exec(snippet(spec, example), space)
        assert flat(space["value"].tolist()) == pytest.approx(flat(example.expected), rel=1e-8, abs=1e-12, nan_ok=True)
        assert capsys.readouterr().out.startswith("tensor(")


def test_an_infinite_parameter_is_python(invoke: Invoke) -> None:
    example = Example(parameters={"tau": float("inf")}, inputs={"logits": [[float("-inf"), 1.0]]}, expected=0.0)
    code = snippet(losskit.get("comp_sum"), example)
    assert 'tau=float("inf")' in code
    assert '[[float("-inf"), 1.0]]' in code
    compile(code, "snippet", "exec")


def test_bibtex_alone(invoke: Invoke) -> None:
    shown = invoke("describe", "comp_sum", "--bibtex").stdout
    assert re.findall(r"^@\w+\{(\w+),$", shown, re.MULTILINE) == ["mao2023cross", "ghosh2017robust"]
    assert shown.startswith("@")
    assert shown.rstrip().endswith("}")


def test_two_machine_formats_exclude_each_other(invoke: Invoke) -> None:
    assert invoke("describe", "comp_sum", "--json", "--bibtex").exit_code == 2


def test_a_loss_from_elsewhere_is_described_alike(foreign: Elsewhere) -> None:
    assert foreign.run("describe", "foreign_loss").stdout.startswith("foreign_loss: Foreign\n")


def test_a_broken_plugin_cannot_be_described_and_the_cause_is_named(foreign: Elsewhere) -> None:
    foreign.install("broken-losses", {"broken_loss": "broken"}, {"broken": "raise RuntimeError('out of order')"})
    run = foreign.run("describe", "broken_loss")
    assert run.returncode == 3
    assert run.stdout == ""
    assert run.stderr == (
        "losskit: the plugin of broken_loss from broken-losses 1.0 (broken) fails: RuntimeError: out of order\n"
    )
