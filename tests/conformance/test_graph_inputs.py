"""Wrong inputs in graphs: declarations are compared with behaviour both ways, and their words are true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.exportable import exportable

from losskit import get, names
from losskit.conformance.checks.base import Comparison
from losskit.conformance.checks.graph_inputs import compare_with_declaration, given_answers
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.outcome import Result
from losskit.conformance.profiles import PROFILES
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.export.data import draw
from losskit.spec import Accepted, LossSpec
from losskit.spec.cases import FROM_THE_END, LABELS_FOR_SOME_ROWS
from losskit.spec.properties import GraphRejectsBadInput

Change = Callable[[Data], Data]


def _compared(spec: LossSpec, parameters: dict[str, Any] | None = None) -> Result:
    search = Search(spec, PROFILES["quick"], seed=0)
    comparison = Comparison(GraphRejectsBadInput().holds(), search)
    compare_with_declaration(comparison, GraphSubject(spec, parameters or {}), 0)
    return comparison.result()


def _declaring(name: str, *accepted: Accepted) -> LossSpec:
    return get(name).model_copy(update={"graph_accepts": accepted})


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_every_loss_declares_what_its_graph_answers(name: str) -> None:
    spec = get(name)
    result = _compared(spec, exportable(name))
    assert result.outcome == "held", result.reason
    # of a single input of any shape only the dtype is wrong
    alone = sum(bool(entry.shape) for entry in spec.inputs) == 1
    assert result.cases >= (1 if alone else 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("hl_gauss", {"clamp_target": False}),
        ("dpo", {"reference_free": True}),
        ("ldr_kl", {"lam": 0.0}),
        ("ldr_kl", {"lam": float("inf")}),
        ("cross_entropy", {"label_smoothing": 0.2}),
        ("cross_entropy", {"label_smoothing": 1.0}),
        ("cross_entropy", {"class_weights": [1.0, 2.0, 3.0]}),
        ("dice", {"batch": True, "ignore_index": 255}),
        ("linear_cross_entropy", {"shift": 1, "softcap": 2.0}),
        ("multi_similarity", {"mining": False, "normalize": False}),
        ("comp_sum", {"tau": 2.0}),
    ],
)
def test_declarations_hold_at_other_parameters(name: str, parameters: dict[str, Any]) -> None:
    result = _compared(get(name), parameters)
    assert result.outcome == "held", result.reason


def test_an_answer_that_is_not_declared_is_refuted() -> None:
    result = _compared(_declaring("comp_sum", *LABELS_FOR_SOME_ROWS))
    assert result.outcome == "refuted"
    assert result.reason == (
        "target with class id -C to -1: the graph gives a number, the module an error, and graph_accepts is silent"
    )


def test_all_answers_that_are_not_declared_are_named_at_once() -> None:
    result = _compared(_declaring("comp_sum"))
    told, _, more = result.reason.partition(", and graph_accepts is silent, as it is of ")
    assert told.endswith(": the graph gives a number, the module an error")
    declared = {f"{one.input} with {one.wrong} ({one.answer})" for one in get("comp_sum").graph_accepts}
    assert {*more.split(", ")} < declared
    assert len(more.split(", ")) == len(declared) - 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Accepted(input="target", wrong="class id below -C", meaning="wrapped"), "the graph refuses it"),
        (Accepted(input="logits", wrong="not a number", meaning="nan"), "no such input is refused by the module"),
        (FROM_THE_END.model_copy(update={"answer": "nan"}), "the graph gives a number, graph_accepts says nan"),
    ],
)
def test_a_declaration_that_is_not_so_is_refuted(wrong: Accepted, message: str) -> None:
    others = [one for one in get("comp_sum").graph_accepts if (one.input, one.wrong) != (wrong.input, wrong.wrong)]
    result = _compared(_declaring("comp_sum", *others, wrong))
    assert result.outcome == "refuted"
    assert message in result.reason


def _last(name: str, value: float) -> Change:
    def change(data: Data) -> Data:
        spoiled = data[name].clone()
        spoiled.view(-1)[-1] = value
        return {**data, name: spoiled}

    return change


def _first(name: str) -> Change:
    return lambda data: {**data, name: data[name][:1]}


def _repeated(name: str) -> Change:
    return lambda data: {**data, name: data[name][:1].expand_as(data[name]).clone()}


def _rows(count: int, *only: str) -> Change:
    return lambda data: {n: v[:count] if not only or n in only else v for n, v in data.items()}


WORDS = {
    "comp_sum counts from the end": ("comp_sum", _last("target", -1), _last("target", 4)),
    "linear_cross_entropy counts from the end": ("linear_cross_entropy", _last("target", -1), _last("target", 2)),
    "comp_sum with one label": ("comp_sum", _first("target"), _rows(1)),
    "z_loss with fewer labels": ("z_loss", _rows(4, "target"), _rows(4)),
    "cross_entropy with one label": ("cross_entropy", _first("target"), _rows(1)),
    "cross_entropy with one row": ("cross_entropy", _first("logits"), _repeated("logits")),
    "linear_cross_entropy with one row of labels": (
        "linear_cross_entropy",
        _first("target"),
        _rows(1, "target", "hidden"),
    ),
    "linear_cross_entropy with the weights of one class": (
        "linear_cross_entropy",
        _first("weight"),
        _repeated("weight"),
    ),
    "linear_cross_entropy with one bias": ("linear_cross_entropy", _first("bias"), _repeated("bias")),
    "dpo with one reference": ("dpo", _first("reference_chosen_logps"), _repeated("reference_chosen_logps")),
    "hl_gauss with one row": ("hl_gauss", _first("logits"), _repeated("logits")),
    "mann_whitney with a half": ("mann_whitney", _last("target", 0.5), _last("target", 0.0)),
    "mann_whitney with nan": ("mann_whitney", _last("target", float("nan")), _last("target", 0.0)),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "wrong", "meant"), WORDS.values(), ids=WORDS)
def test_the_answer_is_what_the_words_say(name: str, wrong: Change, meant: Change) -> None:
    spec = get(name)
    graph, module = GraphSubject(spec, {}), Subject(spec, {}, dtype=torch.float32)
    drawn = draw(graph.axes, graph.axes.traced, graph.parameters, 3)
    data = {entry: torch.from_numpy(values) for entry, values in drawn.items()}
    with pytest.raises(ValueError, match=name):
        module.call(wrong(data), "mean")
    torch.testing.assert_close(graph.call(wrong(data)), module.call(meant(data), "mean"))


def test_what_the_module_takes_is_no_wrong_input() -> None:
    answers = given_answers(GraphSubject(get("comp_sum"), {}), 0)
    assert ("target", "class id C or more") in answers
    assert ("logits", "not a number") not in answers
