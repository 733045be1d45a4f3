"""Worked values and empty batches under transforms, where a loss takes the form that a graph has."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.binary.anyloss_gmean.loss import AnyLossGMeanLoss
from losskit.plugins.checks import readable
from losskit.plugins.ordinal.ordinal_softmax_nll.loss import OrdinalSoftmaxNLLLoss
from losskit.plugins.regression.hl_gauss.loss import HLGaussLoss


class RisingScoresAreFree(OrdinalSoftmaxNLLLoss):
    """A label without probability costs minus infinity where nothing refuses it."""

    def log_share(self, fall: Tensor) -> Tensor:
        return torch.where(fall > 0, super().log_share(fall.clamp(min=1e-300)), torch.inf)


class InfiniteSlope(OrdinalSoftmaxNLLLoss):
    """The right value there, and a slope that is not a number."""

    def log_share(self, fall: Tensor) -> Tensor:
        share = super().log_share(fall)
        return share if readable(fall) else share + 0 * fall.abs().sqrt()


class OneWithoutSamples(AnyLossGMeanLoss):
    """1 without samples, where values are not read."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        value = super().forward(logits, target, sample_weight)
        return value if readable(logits) or logits.numel() else value + 1


class MovedTargets(HLGaussLoss):
    """A target takes a gradient where values are not read."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        value = super().forward(logits, target, sample_weight)
        return value if readable(target) else value + (target - target.detach()).sum()


def found(name: str, implementation: type) -> Finding:
    spec = get(name).model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["Transforms"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("name", "implementation", "told"),
    [
        ("ordinal_softmax_nll", RisingScoresAreFree, "worked value under a transform"),
        ("ordinal_softmax_nll", InfiniteSlope, "worked gradient of logits under a transform"),
        ("anyloss_gmean", OneWithoutSamples, "value of an empty batch under a transform"),
        ("hl_gauss", MovedTargets, "worked gradient of target under a transform"),
    ],
)
def test_a_form_that_is_wrong_where_values_are_not_read_is_found(name: str, implementation: type, told: str) -> None:
    finding = found(name, implementation)
    assert finding.outcome == "refuted", finding.reason
    assert told in finding.reason


@pytest.mark.parametrize(
    ("name", "implementation"),
    [
        ("ordinal_softmax_nll", OrdinalSoftmaxNLLLoss),
        ("anyloss_gmean", AnyLossGMeanLoss),
        ("hl_gauss", HLGaussLoss),
    ],
)
def test_right_forms_stand(name: str, implementation: type) -> None:
    assert get(name).module.endswith(implementation.__name__)
    finding = verify(name, only=["Transforms"], engine="here", device="cpu").losses[0].findings[0]
    assert finding.outcome == "held", finding.reason
