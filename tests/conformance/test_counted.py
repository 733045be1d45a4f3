"""What a batch counts for: sum and count, losskit.debug(), and weights that leave nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.base import NOTHING
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.debug import is_debug
from losskit.spec.errors import InputError


class MeanForSum(CompSumLoss):
    """The pair holds the mean of the values in place of their sum."""

    @torch.jit.unused
    def _pair(self, total: Tensor, count: Tensor) -> Tensor:
        return total / count.detach(), count.detach()  # type: ignore[return-value]


class MovingCount(CompSumLoss):
    """The count takes the gradient of the weights."""

    @torch.jit.unused
    def _pair(self, total: Tensor, count: Tensor) -> Tensor:
        return total, count  # type: ignore[return-value]


class TwoAtLeast(CompSumLoss):
    """A single sample is taken for nothing."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if is_debug() and len(logits) == 1:
            raise InputError(f"comp_sum: {NOTHING}")
        return super().value(logits, target)


class WeightsUnseen(CompSumLoss):
    """A batch without weight passes."""

    @torch.jit.unused
    def _check_count(self, counts: Tensor) -> None:
        pass


def found(implementation: type, kind: str) -> Finding:
    spec = get("comp_sum").model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=[kind], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("implementation", "kind", "told"),
    [
        (MeanForSum, "Reduces", "the sum of sum and count"),
        (MovingCount, "Reduces", "the count takes a gradient"),
        (TwoAtLeast, "Reduces", "there is something to average, and losskit.debug() refuses the batch"),
        (WeightsUnseen, "Weighted", "a batch without weight is not refused under losskit.debug()"),
    ],
)
def test_a_wrong_count_is_found(implementation: type, kind: str, told: str) -> None:
    finding = found(implementation, kind)
    assert finding.outcome == "refuted", finding.reason
    assert told in finding.reason


@pytest.mark.parametrize("kind", ["Reduces", "Weighted"])
def test_a_right_count_stands(kind: str) -> None:
    assert found(CompSumLoss, kind).outcome == "held"
