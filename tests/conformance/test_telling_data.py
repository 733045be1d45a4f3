"""Data at which forms of a loss part that agree elsewhere, and slopes that no value shows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own name for it
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.base import ClassificationLoss
from losskit.plugins.binary.sigmoid_focal.loss import SigmoidFocalLoss
from losskit.plugins.checks import concrete
from losskit.plugins.classification.comp_sum.loss import CompSumLoss


class AddsTiesInScript(ClassificationLoss):
    """Another value in TorchScript where the first two scores are equal."""

    spec = get("comp_sum")

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        found = F.cross_entropy(logits, target, reduction="none")
        if torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if logits.size(1) > 1:
                return found + (logits[:, 0] == logits[:, 1]).to(found.dtype)
        return found


class LosesInfinityInScript(ClassificationLoss):
    """Not-a-number in TorchScript for an infinite score, which a worked value of the spec shows."""

    spec = get("cross_entropy")

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if torch.jit.is_scripting():
            logits = logits + 0.0 * logits
        return F.cross_entropy(logits, target, reduction="none")


class DoublesHardLabels(SigmoidFocalLoss):
    """Twice the value under a transform if every label is 0 or 1."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        factor = 2 if not concrete(logits) and bool((target == target.round()).all()) else 1
        return super().value(logits, target) * factor


class ForgetsWeights(CompSumLoss):
    """The right value with weights, and the slope without."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        plain = super().forward(logits, target)
        return plain - plain.detach() + super().forward(logits, target, sample_weight).detach()


class OnceOnly(torch.autograd.Function):
    """The identity, whose slope is lost in a second backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.slope = 1.0
        return x.clone()

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        found: Tensor = of_value * ctx.slope
        ctx.slope = 0.0
        return found


class LosesItsSlope(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        found: Tensor = OnceOnly.apply(super().value(logits, target))  # type: ignore[no-untyped-call]
        return found


class SquaresTheScale(SigmoidFocalLoss):
    """Not-a-number where the squares of all scores vanish; its labels are shares, which are left as they are."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits / logits.norm() * logits.square().sum().sqrt(), target)


CASES = [
    ("comp_sum", AddsTiesInScript, "Scripts", "value of the scripted module"),
    ("cross_entropy", LosesInfinityInScript, "Scripts", "value of the scripted module"),
    ("sigmoid_focal", DoublesHardLabels, "Transforms", "torch.func.grad for logits"),
    ("comp_sum", ForgetsWeights, "Weighted", "gradient of logits for sum with weights"),
    ("comp_sum", LosesItsSlope, "Deterministic", "gradients of logits in a second backward pass"),
    ("sigmoid_focal", SquaresTheScale, "FiniteOn", "the value is"),
]


def found(loss: str, implementation: type, kind: str) -> Finding:
    spec = get(loss).model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=[kind], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(("loss", "implementation", "kind", "reason"), CASES, ids=[case[1].__name__ for case in CASES])
def test_a_loss_that_is_wrong_there_alone_is_refuted(loss: str, implementation: type, kind: str, reason: str) -> None:
    finding = found(loss, implementation, kind)
    assert finding.outcome == "refuted", finding.reason
    assert reason in finding.reason
