"""Precision: what is lost in float32, half precision or under autocast beyond rounding is found."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get, verify
from losskit.plugins.classification.comp_sum.loss import CompSumLoss


class NarrowedByAutocast(CompSumLoss):
    """A product that autocast takes in bfloat16."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits @ torch.eye(logits.shape[1], dtype=logits.dtype, device=logits.device), target)


class HalfAccumulated(CompSumLoss):
    """Half inputs stay half until the end."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        shares = logits.softmax(1)
        return -shares.gather(1, target.unsqueeze(1)).squeeze(1).log().float()


class FaintSlope(CompSumLoss):
    """A fifth of the gradient's largest entry is lost for bfloat16 inputs."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if logits.dtype != torch.bfloat16:
            return super().value(logits, target)
        wide = logits.float()
        return super().value(0.8 * wide + 0.2 * wide.detach(), target)


def found(implementation: type) -> Any:
    spec = get("comp_sum").model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["DTypeStable"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("implementation", "told"),
    [
        (NarrowedByAutocast, "under autocast"),
        (HalfAccumulated, "torch.bfloat16 inputs"),
        (FaintSlope, "gradient of logits for torch.bfloat16 inputs"),
    ],
)
def test_what_a_precision_loses_beyond_rounding_is_found(implementation: type, told: str) -> None:
    finding = found(implementation)
    assert finding.outcome == "refuted"
    assert told in finding.witness.detail


def test_the_loss_itself_stands() -> None:
    assert found(CompSumLoss).outcome == "held"
