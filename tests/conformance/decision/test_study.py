"""What a study must not pass over: settings that nothing was solved at, rows and bounds that are no numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.decision.consistency import _lowest
from losskit.conformance.decision.solver import _repeated
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding
from losskit.conformance.search.scope import Search
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.spec import AtLeast, Between, Claim
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import ClassificationCalibrated, HConsistencyBound, Proper, StrictlyProper

T = symbol("t")


class EndsUnranked(CompSumLoss):
    """Says nothing of three classes or more where tau is 1.5."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        kept = 0.0 if self.tau == 1.5 and logits.shape[1] > 2 else 1.0
        return kept * super().value(logits, target)


class NoNumberWhereSure(CompSumLoss):
    """No number where a score leads by more than 3."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        lead = logits.amax(1) - logits.amin(1)
        return torch.where(lead > 3, torch.nan, super().value(logits, target))


def found(claim: Claim, implementation: type = CompSumLoss) -> Finding:
    module = f"{implementation.__module__}:{implementation.__name__}"
    spec = get("comp_sum").model_copy(update={"claims": (claim,), "module": module})
    return verify(spec, only=[claim.property.kind], engine="here", device="cpu").losses[0].findings[0]


def test_an_end_of_the_regime_is_tried_with_more_than_two_classes() -> None:
    claim = ClassificationCalibrated().holds(when={"tau": Between(0.5, 1.5)})
    assert found(claim).outcome == "held"
    assert found(claim, EndsUnranked).outcome == "refuted"


@pytest.mark.parametrize("profile", list(PROFILES))
def test_every_setting_comes_at_sizes_that_tell(profile: str) -> None:
    search = Search(get("comp_sum"), PROFILES[profile], 0)
    sizes: dict[int, list[int]] = {}
    for number, _, at in search.subjects({"tau": Between(0.5, 1.5)}, every=False):
        sizes.setdefault(number, []).append(at["C"])
    assert len(sizes) == PROFILES[profile].settings
    assert all(size > 1 for number, at in sizes.items() if number for size in at)
    assert 1 in sizes[0], "what no other setting comes to is the first one's"


def test_a_setting_that_was_never_solved_leaves_the_claim_undecided() -> None:
    finding = found(ClassificationCalibrated().holds(when={"C": AtLeast(50)}))
    assert finding.outcome == "undecided"
    assert finding.reason.startswith("nothing was solved at tau=1.0")


@pytest.mark.parametrize("claimed", [Proper(), StrictlyProper()])
def test_a_row_that_states_p_and_has_no_risk_is_no_proof(claimed: Proper | StrictlyProper) -> None:
    claim = claimed.holds(when={"tau": 1})
    assert found(claim).outcome == "held"
    finding = found(claim, NoNumberWhereSure)
    assert finding.outcome == "undecided"
    assert "not known well enough" in finding.reason


def test_a_bound_outside_its_own_domain_is_no_proof() -> None:
    claim = HConsistencyBound(gamma=sqrt(2 * T) + 0 * sqrt(0.5 - T), tight=False).holds(when={"tau": 1})
    finding = found(claim)
    assert finding.outcome == "undecided"
    assert "not known well enough" in finding.reason


def test_a_start_that_another_one_repeats_is_none() -> None:
    points = torch.tensor([[[0.0, 1.0]], [[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.0]]])
    assert _repeated(points).tolist() == [[False], [False], [True], [True]]


def test_the_lowest_of_each_group() -> None:
    values, own = torch.tensor([3.0, 1.0, 2.0, 0.5, 4.0]), torch.tensor([0, 0, 1, 2, 1])
    assert _lowest(values, own, 3).tolist() == [1, 2, 3]
