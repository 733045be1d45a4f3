"""What follows from a symmetry for the gradient: a detached piece that leaves the value alone is found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.kinds import laws_of
from losskit.conformance.report import Finding
from losskit.plugins.classification.mae_classification.loss import MAEClassificationLoss
from losskit.plugins.classification.one_hot_mse.loss import OneHotMSELoss
from losskit.plugins.classification.svm_head.loss import SVMHeadLoss
from losskit.plugins.language.linear_cross_entropy.loss import LinearCrossEntropyLoss
from losskit.plugins.regression.huber.loss import HuberLoss
from losskit.plugins.regression.mse.loss import MSELoss
from losskit.spec import Claim
from losskit.spec.properties import Homogeneous, LabelSymmetric, PermutationInvariant, RotationInvariant

PRODUCT = "the product of the gradient with the inputs, and the degree times the value"
CARRIED = "an entry of the gradient at the transformed inputs, taken back, and of the gradient"
TURN = "the slope along a turn in the plane of two features, and zero"
LABELS = "an entry of the gradients summed over labels, and zero"


class HalfTheSlope(MSELoss):
    """One factor of the square is detached."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        residual = input - target
        return residual * residual.detach()


class SlopeOfUnitDelta(HuberLoss):
    """The gradient is that of delta = 1, whatever delta."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        value, residual = super().value(input, target), input - target
        clipped = residual.clamp(-1, 1)
        unit = clipped * (residual - clipped / 2)
        return value.detach() + unit - unit.detach()


class FirstClassDetached(OneHotMSELoss):
    """No gradient flows to the first class."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(torch.cat([logits[:, :1].detach(), logits[:, 1:]], 1), target)


class FirstWeightDetached(SVMHeadLoss):
    """No gradient of the penalty flows to the first column of the weights."""

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        held = torch.cat([weight[..., :1].detach(), weight[..., 1:]], -1)
        return super().forward(logits, target, held, sample_weight)


class HiddenDetached(LinearCrossEntropyLoss):
    """The states are detached, as where the head is trained alone."""

    def forward(
        self,
        hidden: Tensor,
        weight: Tensor,
        target: Tensor,
        bias: Tensor | None = None,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        return super().forward(hidden.detach(), weight, target, bias, sample_weight)


class DetachedShares(MAEClassificationLoss):
    """The normaliser of the softmax takes no part in the gradient."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        powers = (logits - logits.amax(1, keepdim=True).detach()).exp()
        shares = powers / powers.sum(1, keepdim=True).detach()
        return self.scale * (1 - shares.gather(1, target[:, None]).squeeze(1))


def finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, engine="here", only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "implementation", "claim", "what"),
    [
        ("mse", HalfTheSlope, Homogeneous(on=("input", "target"), degree=2.0).holds(), PRODUCT),
        ("huber", SlopeOfUnitDelta, Homogeneous(on=("input", "target", "delta"), degree=2.0).holds(), CARRIED),
        ("one_hot_mse", FirstClassDetached, PermutationInvariant(over="classes").holds(when={"C": 3}), CARRIED),
        ("svm_head", FirstWeightDetached, RotationInvariant(on="weight").holds(when={"C": 3}), CARRIED),
        ("mae_classification", DetachedShares, LabelSymmetric().holds(when={"C": 3}), LABELS),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else None,
)
def test_a_wrong_gradient_of_a_right_value_is_found(loss: str, implementation: type, claim: Claim, what: str) -> None:
    assert finding(loss, claim).outcome == "held"
    found = finding(loss, claim, implementation)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert found.witness.detail == what


def test_a_turn_has_a_slope_where_one_of_two_factors_is_detached() -> None:
    claim = RotationInvariant(on=("hidden", "weight")).holds(when={"shift": 0, "V": 3, "D": 2})
    found = finding("linear_cross_entropy", claim, HiddenDetached)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert found.witness.detail == TURN


def law_names(claim: Claim) -> list[str]:
    return [type(law).__name__ for law in laws_of(claim) or []]


def test_nothing_follows_for_a_surrogate_gradient_or_a_false_claim() -> None:
    claim = PermutationInvariant(over="batch")
    surrogate = get("multi_similarity")
    asked = [type(law).__name__ for law in laws_of(claim.holds()) or [] if law.concerns(surrogate)]
    assert asked == ["Permutation"]
    assert law_names(claim.fails()) == ["Permutation", "Exchanged"]
