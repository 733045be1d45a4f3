"""Jumps are found and told from steepness."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.continuity import Unbroken
from losskit.conformance.subject import Subject
from losskit.plugins.regression.mae.loss import MAELoss
from losskit.spec.properties import Continuous

BOTH = ("input", "target")


class CubeRoot(MAELoss):
    """An infinite slope at 0."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        residual = input - target
        return residual.sign() * residual.abs() ** (1 / 3)


class Stairs(MAELoss):
    """A jump at every whole number."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return (input - target).floor()


class FaintStep(MAELoss):
    """A jump of a hundredth on a slope."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        residual = input - target
        return residual.abs() + 0.01 * (residual > 0.5)


class InfiniteFarOut(MAELoss):
    """Equal infinities are no jump."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return torch.full_like(input - target, torch.inf)


@pytest.mark.parametrize(
    ("implementation", "continuous"),
    [(MAELoss, True), (CubeRoot, True), (InfiniteFarOut, True), (Stairs, False), (FaintStep, False)],
)
def test_a_jump_is_told_from_steepness(implementation: type, continuous: bool) -> None:
    module = f"{implementation.__module__}:{implementation.__name__}"
    for claim, wanted in (
        (Continuous(on=BOTH).holds(), "held" if continuous else "refuted"),
        (Continuous(on=BOTH).fails(), "unconfirmed" if continuous else "confirmed"),
    ):
        spec = get("mae").model_copy(update={"claims": (claim,), "module": module})
        assert verify(spec, only=["Continuous"], engine="here", device="cpu").losses[0].findings[0].outcome == wanted


def test_level_ends_of_a_steep_segment_are_no_jump() -> None:
    law = Unbroken(Continuous(on="input").holds())
    ends = {"input": torch.tensor([-3.0]).double(), "_input": torch.tensor([3.0]).double()}
    found = law.sides(Subject(get("mse"), {}), {**ends, "target": torch.zeros(1).double()})
    assert found.left.item() > 0  # slopes are never zero where a segment ends
    assert found.ratio().item() == 0
