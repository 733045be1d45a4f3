"""Refusals: a ValueError or TypeError that names what was wrong, what was expected and what was found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.checks.inputs import shortcoming
from losskit.conformance.checks.worked import example_inputs
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.registry import builtin
from losskit.spec import EdgeCase, Example
from losskit.spec.errors import InputError

GOOD = "comp_sum: input target must hold a class id in 0..2, found 3 at index 1"
REFUSED = Example(inputs={"logits": [[1.2, -0.3, 0.5], [0.1, 2.0, -1.0]], "target": [0, 3]}, refused="target")


class Answers(CompSumLoss):
    """Refuses everything, in the words and kind of a subclass."""

    error: Exception = ValueError()

    def forward(self, *_inputs: Tensor, **_given: Tensor) -> Tensor:  # type: ignore[override]
        raise self.error


class Runtime(Answers):
    error = RuntimeError(GOOD)


class Index(Answers):
    error = IndexError("index 3 is out of bounds for input target, which must have 3 classes, found 4")


class Unnamed(Answers):
    error = InputError("comp_sum: a class id must lie in 0..2, found 3")


class PartOfAWord(Answers):
    error = InputError("comp_sum: the targets must lie in 0..2, found 3")


class NotExpected(Answers):
    error = InputError("comp_sum: input target is wrong, found 3")


class NotFound(Answers):
    error = InputError("comp_sum: input target must hold a class id in 0..2")


class Sound(Answers):
    error = InputError(GOOD)


WANTING = [
    (Runtime, "refused by RuntimeError instead of ValueError or TypeError"),
    (Index, "refused by IndexError instead of ValueError or TypeError"),
    (Unnamed, "does not name it"),
    (PartOfAWord, "does not name it"),
    (NotExpected, "does not say what was expected"),
    (NotFound, "does not say what was found"),
]


def found(implementation: type, kind: str) -> Finding:
    edge = EdgeCase(case="a label that is none", expected="refused", examples=(REFUSED,))
    module = f"{__name__}:{implementation.__name__}"
    spec = get("comp_sum").model_copy(update={"module": module, "examples": (), "edge_cases": (edge,)})
    return verify(spec, only=[kind], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(("implementation", "said"), WANTING)
def test_a_refusal_that_says_too_little_falls(implementation: type, said: str) -> None:
    finding = found(implementation, "WorkedExamples")
    assert finding.outcome == "refuted"
    assert said in finding.reason


def test_a_refusal_that_says_all_of_it_stands() -> None:
    assert found(Sound, "WorkedExamples").outcome == "held"


def test_bad_input_is_held_to_the_same() -> None:
    assert shortcoming(InputError(GOOD), "target") == ""
    assert shortcoming(TypeError("x: input target must be an int64 tensor, found str"), "target") == ""
    assert "says" not in shortcoming(KeyError("target"), "target")
    assert "what was found" in shortcoming(ValueError("expected a target"), "target")


def test_every_refusal_that_a_registered_loss_shows_says_all_of_it() -> None:
    wanting = {}
    for name in builtin():
        spec = get(name)
        shown = (*spec.examples, *(e for case in spec.edge_cases for e in case.examples))
        for example in (e for e in shown if e.refused):
            with pytest.raises((ValueError, TypeError)) as caught:
                Subject(spec, example.parameters).call(example_inputs(spec, example, torch.float64, "cpu"))
            amiss = shortcoming(caught.value, example.refused)
            if amiss:
                wanting[name, example.refused] = amiss
    assert wanting == {}
