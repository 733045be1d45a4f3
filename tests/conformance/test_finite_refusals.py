"""Refusals of what lies in the domain: they refute, unless the spec shows that such data are refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import losskit
from losskit import get
from losskit.conformance import verify
from losskit.conformance.checks.refusals import refusal, shown
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.binary.binary_cross_entropy_with_logits.loss import BinaryCrossEntropyWithLogitsLoss
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.ordinal.ordinal_softmax_nll.loss import OrdinalSoftmaxNLLLoss
from losskit.spec import LossSpec
from losskit.spec.errors import InputError

VANISHING = "input weight must have an entry other than 0"


class RefusesFarScores(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if bool((logits.abs() > 9e3).any()):
            raise InputError("comp_sum: input logits must hold numbers below 9000, found others")
        return super().value(logits, target)


class RefusesFarFallingScores(OrdinalSoftmaxNLLLoss):
    """Scores that nothing moves once they are drawn."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if bool((logits.abs() > 9e3).any()):
            raise InputError("ordinal_softmax_nll: input logits must hold numbers below 9000, found others")
        return super().value(logits, target)


class RefusesTheEnd(BinaryCrossEntropyWithLogitsLoss):
    """Says of the end of an interval what the spec shows of numbers beyond it."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if bool((target == 1).any()):
            raise InputError(f"{self.spec.name}: input target must hold a number in [0, 1], found 1.0 at index 0")
        return super().value(logits, target)


def found(spec: LossSpec) -> Finding:
    return verify(spec, only=["FiniteOn"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "implementation"),
    [
        ("comp_sum", RefusesFarScores),
        ("ordinal_softmax_nll", RefusesFarFallingScores),
        ("binary_cross_entropy_with_logits", RefusesTheEnd),
    ],
)
def test_a_loss_that_refuses_a_part_of_its_domain_falls(loss: str, implementation: type) -> None:
    finding = found(get(loss).model_copy(update={"module": f"{__name__}:{implementation.__name__}"}))
    assert finding.outcome == "refuted"
    assert finding.reason.startswith(f"data of the declared domain are refused: {loss}: input ")
    assert finding.witness is not None


def test_what_the_spec_shows_to_be_refused_is_counted_and_told() -> None:
    finding = found(get("nc2_frame"))
    assert finding.outcome == "held"
    assert finding.reason.startswith("left out ")
    assert finding.reason.endswith(f" inputs that are refused: {VANISHING}")


def test_what_no_example_shows_refutes() -> None:
    finding = found(get("nc2_frame").model_copy(update={"edge_cases": ()}))
    assert finding.outcome == "refuted"
    assert VANISHING in finding.reason


def test_a_composite_refuses_what_its_parts_show() -> None:
    spec = losskit.compose([("nc2_frame", 1.0)]).spec
    assert spec.edge_cases == ()
    assert VANISHING.replace("0", "#") in shown(spec)
    assert found(spec).outcome == "held"


def test_examples_outside_the_domain_excuse_nothing() -> None:
    assert shown(get("binary_cross_entropy_with_logits")) == frozenset()
    assert shown(get("cross_entropy")) <= {"input logits must have C = # as parameter class_weights has it"}


def test_an_accelerator_s_data_are_refused_as_the_cpu_refuses_them() -> None:
    spec = get("nc2_frame")
    subject = Subject(spec, {})
    subject.device = torch.device("cuda")  # where nothing can be asked
    error = refusal(subject, {"weight": torch.zeros(2, 2, dtype=torch.float64)})
    assert VANISHING in str(error)
    assert refusal(subject, {"weight": torch.eye(2, dtype=torch.float64)}) is None
