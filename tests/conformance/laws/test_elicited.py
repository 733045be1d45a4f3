"""Best predictions of an outcome: the functional that a loss elicits is told from its neighbours."""

from __future__ import annotations

import pytest
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.plugins.regression.mae.loss import MAELoss
from losskit.spec import Claim
from losskit.spec.properties import Elicits, TriangleInequality

MEAN = Elicits(functional="mean", on="input", of="target")
MEDIAN = Elicits(functional="quantile", on="input", of="target")
UPPER = Elicits(functional="quantile", on="input", of="target", level=0.8)


class UpperQuantile(MAELoss):
    """Slopes 0.2 and 0.8: the loss of the quantile at 0.8."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        residual = input - target
        return 0.5 * residual.abs() - 0.3 * residual


class Indifferent(MAELoss):
    """Nothing counts within a distance of 1, so no single prediction is the best."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return (super().value(input, target) - 1).clamp(min=0)


def outcome(loss: str, claim: Claim, implementation: type | None = None) -> str:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    return (
        verify(get(loss).model_copy(update=changes), only=[claim.property.kind], engine="here")
        .losses[0]
        .findings[0]
        .outcome
    )


@pytest.mark.parametrize(
    ("loss", "given", "elicited"),
    [
        ("mse", MEAN, True),
        ("mse", MEDIAN, False),
        ("mae", MEDIAN, True),
        ("mae", MEAN, False),
        ("mae", UPPER, False),
        ("huber", MEAN, False),
        ("huber", MEDIAN, False),
    ],
)
def test_each_loss_has_its_own_best_prediction(loss: str, given: Elicits, elicited: bool) -> None:
    assert outcome(loss, given.holds()) == ("held" if elicited else "refuted")
    assert outcome(loss, given.fails()) == ("unconfirmed" if elicited else "confirmed")


def test_unequal_slopes_elicit_the_quantile_of_their_level() -> None:
    assert outcome("mae", UPPER.holds(), UpperQuantile) == "held"
    assert outcome("mae", MEDIAN.holds(), UpperQuantile) == "refuted"


def test_one_best_prediction_among_several_is_not_enough() -> None:
    assert outcome("mae", MEDIAN.holds(), Indifferent) == "refuted"


@pytest.mark.parametrize(("loss", "expected"), [("mae", "held"), ("mse", "refuted"), ("huber", "refuted")])
def test_a_distance_is_told_from_its_square(loss: str, expected: str) -> None:
    assert outcome(loss, TriangleInequality(a="input", b="target").holds()) == expected
