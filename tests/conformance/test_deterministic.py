"""The same bits twice: a loss that draws from the framework's generator falls, one with a generator of its own stands."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get, verify
from losskit.plugins.classification.comp_sum.loss import CompSumLoss

SERIAL = count(1)


class DrawsGlobally(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits + 1e-3 * torch.randn_like(logits), target)


class DrawsInVain(CompSumLoss):
    """The value does not depend on what is drawn, the next dropout of the model does."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        torch.randn(1)
        return super().value(logits, target)


class DiffersByModule(CompSumLoss):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.offset = float(next(SERIAL))

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) * self.offset


class TakesGenerator(CompSumLoss):
    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        sample_weight: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        noise = torch.randn(logits.shape, generator=generator, dtype=logits.dtype)
        return super().forward(logits + noise, target, sample_weight)


def _found(implementation: type) -> Any:
    spec = get("comp_sum").model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["Deterministic"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("implementation", "reason"),
    [
        (DrawsGlobally, "draws from the global generator"),
        (DrawsInVain, "draws from the global generator"),
        (DiffersByModule, "two modules of the same parameters give different values"),
    ],
)
def test_a_loss_with_other_bits_is_refuted(implementation: type, reason: str) -> None:
    finding = _found(implementation)
    assert finding.outcome == "refuted"
    assert reason in finding.reason


def test_a_stochastic_loss_takes_a_generator() -> None:
    assert _found(TakesGenerator).outcome == "held"


def test_the_original_stands() -> None:
    assert _found(CompSumLoss).outcome == "held"
