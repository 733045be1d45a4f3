"""The curated set: enough of it, over all losses, every mutant dead by the property that must catch it."""

from __future__ import annotations

import pytest

from losskit import get
from losskit.conformance import verify
from losskit.conformance.mutants import MUTANTS, Mutant, attempt, control
from losskit.conformance.mutants.attempt import mutated
from losskit.conformance.mutants.sources import edited
from losskit.registry import builtin
from losskit.spec.properties import KINDS

QUICK = (
    "comp_sum-detached-normaliser",
    "comp_sum-softmax-over-batch",
    "comp_sum-half-stays-half",
    "comp_sum-epsilon-in-log",
    "comp_sum-not-scriptable",
    "cross_entropy-ignored-nan-reaches-gradient",
    "crammer_singer-sum-for-maximum",
    "ldr_kl-mean-outside-log",
    "mae_classification-other-class-picked",
    "z_loss-unbiased-deviation",
    "logistic-labels-as-signs",
    "squared_hinge-halved",
    "sigmoid_focal-power-of-zero",
    "exponential-proper-by-the-sigmoid",
    "dpo-reference-not-detached",
    "dpo-branch-on-data",
    "mann_whitney-gap-reversed",
    "mann_whitney-state-not-restored",
    "hl_gauss-absolute-sigma",
    "dice-half-squared",
    "dice-smoothing-by-column",
    "one_hot_mse-label-left-out",
    "mse-factor-detached",
    "svm_head-first-column-detached",
    "claim-logit_adjusted-balanced-whatever-the-strength",
    "linear_cross_entropy-gradient-n-times-too-big",
    "multi_similarity-threshold-of-the-paper",
    "reduction-sum-divided",
    "reduction-weight-zero-times-nan",
    "reduction-empty-mean-is-nan",
    "configuration-without-reduction",
    "parameters-in-single-precision",
    "checks-label-off-by-one",
    "checks-fractions-accepted",
    "claim-comp_sum-regime-too-wide",
    "claim-comp_sum-negative",
    "claim-comp_sum-tight-constant",
    "claim-z_loss-scale-invariant-with-floor",
    "claim-crammer_singer-calibrated",
    "narrowing-comp_sum-overflow",
    "z_loss-epsilon-always",
    "mae-relative",
    "activation_entropy-sign",
    "focal-focus-on-the-easy",
    "mse-linear-tails",
    "hl_gauss-support-from-zero",
    "logistic-in-bits",
    "comp_sum-consistency-constant-too-small",
    "mae_classification-any-noise",
    "mae_classification-top-two",
    "ldr_k-one-too-many",
    "one_hot_mse-saved-scores-detached",
    "huber-graph-clipped-from-above-alone",
    "hinge-graph-silent",
)
BY_NAME = {m.name: m for m in MUTANTS}


def test_the_set_covers_every_loss_with_names_of_their_own() -> None:
    assert len(MUTANTS) >= 60
    assert len(BY_NAME) == len(MUTANTS)
    assert {m.loss for m in MUTANTS} == set(builtin())
    assert len({get(m.loss).task for m in MUTANTS}) >= 5


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_changes_one_thing_that_a_known_property_must_catch(mutant: Mutant) -> None:
    assert mutant.caught_by in KINDS
    assert mutant.story.endswith(".")
    assert sum([bool(mutant.edits), mutant.claim is not None, bool(mutant.unnarrowed)]) == 1
    for module, text in edited(get(mutant.loss), mutant.edits).items():
        compile(text, module, "exec", dont_inherit=True)
    if mutant.unnarrowed:
        assert get(mutant.loss).narrowing(mutant.unnarrowed) is not None


@pytest.mark.parametrize("name", QUICK)
def test_a_mutant_is_killed_by_the_property_that_must_catch_it(name: str) -> None:
    tried = attempt(BY_NAME[name])
    assert tried.fate == "killed", tried
    assert tried.outcome in ("refuted", "unconfirmed")
    assert tried.detail


@pytest.mark.parametrize(
    ("loss", "kind"),
    [("comp_sum", "DTypeStable"), ("dpo", "Compiles"), ("dice", "Reduces"), ("hl_gauss", "Homogeneous")],
)
def test_the_unmutated_loss_is_not_hit(loss: str, kind: str) -> None:
    assert control(loss, kind).fell == ()


def test_a_witness_comes_with_the_command_that_finds_it_again() -> None:
    with mutated(BY_NAME["comp_sum-sign"]) as spec:
        finding = next(f for f in verify(spec, only=["NonNegative"], engine="here").losses[0].findings if not f.stood)
    assert finding.outcome == "refuted"
    assert finding.witness is not None
    assert "--only NonNegative" in finding.witness.command


def test_the_calibration_witness_shows_two_equal_risks() -> None:
    spec = get("crammer_singer")
    claims = [c for c in spec.claims if c.property.kind == "ClassificationCalibrated" and "C" in c.when]
    only = spec.model_copy(update={"claims": tuple(c for c in claims if c.verdict == "fails")})
    finding = verify(only, only=["ClassificationCalibrated"]).losses[0].findings[0]
    assert finding.outcome == "confirmed"
    assert finding.witness is not None
    assert finding.witness.left == pytest.approx(finding.witness.right, abs=1e-9)
    probabilities = finding.witness.inputs["p"]
    assert isinstance(probabilities, list)
    assert max(float(str(p)) for p in probabilities) < 0.5  # no class has a majority: the known counterexample
