"""What follows from an invariance for the gradient: a detached part that leaves the value alone is found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.kinds import laws_of
from losskit.conformance.report import Finding
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.classification.z_loss.loss import ZLoss
from losskit.spec import Claim
from losskit.spec.properties import AffineInvariant, ScaleInvariant, ShiftInvariant

EXACT = {"eps": 0.0, "C": 4}
AFFINE = AffineInvariant(on="logits", axis="C").holds(when=EXACT)


class DetachedDeviation(ZLoss):
    """The value is right, and the gradient takes the deviation for a constant."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        centred = logits - logits.mean(1, keepdim=True)
        z = centred / (centred.square().mean(1, keepdim=True).sqrt().detach() + 1e-300)
        return torch.nn.functional.softplus(self.a * (self.b - z.gather(1, target[:, None]).squeeze(1))) / self.a


class DetachedMean(ZLoss):
    """The value is right, and the gradient takes the mean for a constant."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        centred = logits - logits.mean(1, keepdim=True).detach()
        z = centred / (centred.square().mean(1, keepdim=True).sqrt() + 1e-300)
        return torch.nn.functional.softplus(self.a * (self.b - z.gather(1, target[:, None]).squeeze(1))) / self.a


class OffCentre(ZLoss):
    """The mean is not subtracted."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        z = logits / (logits.square().mean(1, keepdim=True).sqrt() + 1e-300)
        return torch.nn.functional.softplus(self.a * (self.b - z.gather(1, target[:, None]).squeeze(1))) / self.a


class DetachedNormaliser(CompSumLoss):
    """The log-partition function takes no part in the gradient."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        normaliser = torch.logsumexp(logits, dim=-1).detach()
        return normaliser - logits.gather(1, target[:, None]).squeeze(1)


def _finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    return verify(get(loss).model_copy(update=changes), only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "implementation", "claim", "what"),
    [
        ("z_loss", DetachedDeviation, AFFINE, "the product of the gradient with the input, and zero"),
        ("z_loss", DetachedMean, AFFINE, "the sum of the gradient along the axis, and zero"),
        ("z_loss", OffCentre, AFFINE, "the value after the transformation, and before"),
        (
            "z_loss",
            DetachedDeviation,
            ScaleInvariant(on="logits", axis="C").holds(when=EXACT),
            "the product of the gradient with the input, and zero",
        ),
        (
            "comp_sum",
            DetachedNormaliser,
            ShiftInvariant(on="logits", axis="C").holds(when={"tau": 1, "C": 3}),
            "the sum of the gradient along the axis, and zero",
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_a_wrong_gradient_is_found(loss: str, implementation: type, claim: Claim, what: str) -> None:
    assert _finding(loss, claim).outcome == "held"
    finding = _finding(loss, claim, implementation)
    assert finding.outcome == "refuted"
    assert finding.witness is not None
    assert finding.witness.detail == what


@pytest.mark.parametrize("loss", ["cross_entropy", "comp_sum"])
def test_a_loss_that_feels_the_scale_is_not_affine_invariant(loss: str) -> None:
    assert _finding(loss, AffineInvariant(on="logits", axis="C").holds(when={"C": 3})).outcome == "refuted"


def test_an_affine_invariant_loss_has_no_witness_against_it() -> None:
    assert _finding("z_loss", AffineInvariant(on="logits", axis="C").fails(when=EXACT)).outcome == "unconfirmed"


def test_a_surrogate_gradient_is_not_asked() -> None:
    claim = ScaleInvariant(on="embeddings", axis="D").holds(when={"normalize": True})
    spec = get("multi_similarity")
    assert spec.gradient == "surrogate"
    assert [law.concerns(spec) for law in laws_of(claim) or []] == [True, False]
