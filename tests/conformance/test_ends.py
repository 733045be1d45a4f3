"""Inputs at the ends of domains, and the losses that are no numbers there."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.conformance.search.ends import FAR, SINGLE, at_ends
from losskit.conformance.search.inputs import draw
from losskit.conformance.subject import Data, Subject
from losskit.plugins.binary.logistic.loss import LogisticLoss
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.classification.focal.loss import FocalLoss
from losskit.plugins.ops.vectors import norm_rows


class RootOfDifference(CompSumLoss):
    """Right but for a root whose slope is infinite where the label's score is exactly 0."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        own = logits.gather(1, target.unsqueeze(1)).squeeze(1)
        return super().value(logits, target) + 1e-3 * own.abs().sqrt()


class RatioOfScores(CompSumLoss):
    """Infinite where one score is far out and another one is 0."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        far, near = logits.abs().amax(1), logits.abs().amin(1)
        return super().value(logits, target) + torch.where(far > 9e3, far / near, 0.0)


class BarePower(FocalLoss):
    """The power of a share that rounds to 0, whose slope is infinite where gamma lies strictly between 0 and 1."""

    def damped(self, log_p: Tensor) -> Tensor:
        return -(1 - log_p.exp()).pow(self.gamma) * log_p


class LogOfSigmoid(LogisticLoss):
    """The logarithm of a sigmoid that rounds to 0 far out."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return -torch.sigmoid((2 * target - 1) * logits).log()


def found(loss: str, implementation: type) -> Finding:
    spec = get(loss).model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["FiniteOn"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "implementation"),
    [
        ("comp_sum", RootOfDifference),
        ("comp_sum", RatioOfScores),
        ("focal", BarePower),
        ("logistic", LogOfSigmoid),
    ],
)
def test_a_loss_that_is_no_number_at_an_end_falls(loss: str, implementation: type) -> None:
    finding = found(loss, implementation)
    assert finding.outcome == "refuted", finding.reason


def ended(loss: str, dtype: torch.dtype, far: bool) -> Data:
    subject = Subject(get(loss), {})
    data = draw(subject, dict.fromkeys(subject.spec.symbols(), 3), 400, random.Random(0))
    floats = {n: v.to(dtype) if v.is_floating_point() else v for n, v in data.items()}
    return at_ends(subject, floats, random.Random(1), far)


def test_far_scores_stand_beside_zeros_in_one_row() -> None:
    scores = ended("comp_sum", torch.float64, far=True)["logits"]
    assert set(scores.flatten().tolist()) == {0.0, FAR, -FAR}
    assert ((scores == 0).any(1) & (scores == FAR).any(1) & (scores == -FAR).any(1)).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_probabilities_lie_at_both_ends_and_next_to_them(dtype: torch.dtype) -> None:
    target = ended("binary_cross_entropy_with_logits", dtype, far=False)["target"]
    assert target.dtype == dtype
    assert {0.0, 1.0, 1 - SINGLE, SINGLE} <= set(target.tolist())
    assert ((target > 0) & (target < torch.finfo(dtype).smallest_normal)).any()
    assert ((target >= 0) & (target <= 1)).all()


def test_an_open_end_is_never_reached() -> None:
    data = ended("eafo_correction", torch.float64, far=False)
    assert (data["dy"] > 0).all()
    assert data["dy"].min() < 1e-70


def test_the_slope_of_a_norm_is_a_unit_vector_at_denormals_too() -> None:
    x = torch.tensor([[1e-41, 0.0], [0.0, 0.0], [3e-39, 4e-39]], requires_grad=True)
    (slope,) = torch.autograd.grad(norm_rows(x).sum(), x)
    torch.testing.assert_close(slope, torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.6, 0.8]]), rtol=1e-3, atol=0)
