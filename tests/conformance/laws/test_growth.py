"""Slopes between two points: infinite values at both ends say nothing, what is no number breaks the law."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit import get
from losskit.conformance.laws.growth import Slope
from losskit.conformance.subject import Subject
from losskit.plugins.classification.smooth_adversarial_comp_sum.loss import SmoothAdversarialCompSumLoss
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import Lipschitz

CLAIM = Lipschitz(on="adversarial_logits", constant=symbol("nu") * sqrt(symbol("C"))).holds()
SMOOTH = get("smooth_adversarial_comp_sum")


class NoNumberFarOut(SmoothAdversarialCompSumLoss):
    """Infinity less infinity where the clean part overflows."""

    def value(self, logits: Tensor, adversarial_logits: Tensor, target: Tensor) -> Tensor:
        found = super().value(logits, adversarial_logits, target)
        return found + (found - found)


def _ratio(implementation: type) -> Tensor:
    """Violations where the clean part overflows for every attack, and where it does not."""
    spec = SMOOTH.model_copy(update={"module": f"{implementation.__module__}:{implementation.__name__}"})
    clean = torch.tensor([[0.0, 2e4], [0.0, 2.0]], dtype=torch.float64)
    ends = {"adversarial_logits": torch.zeros_like(clean), "_adversarial_logits": torch.ones_like(clean).triu()}
    subject = Subject(spec, {"tau": 0.5})
    return Slope(CLAIM).sides(subject, {"logits": clean, **ends, "target": torch.tensor([0, 0])}).ratio()


def test_infinite_values_at_both_ends_have_no_slope() -> None:
    assert not bool(_ratio(SmoothAdversarialCompSumLoss).any())


def test_what_is_no_number_has_one_that_breaks_the_law() -> None:
    assert _ratio(NoNumberFarOut).isinf().tolist() == [False, False, True, False]  # slopes of both rows, then secants
