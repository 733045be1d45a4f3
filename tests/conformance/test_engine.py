"""Runs: verdicts, exit codes, seeds, devices, progress, and claims that nothing was found out about."""

from __future__ import annotations

import pytest
import torch

from losskit import get, verify
from losskit.conformance import replay
from losskit.conformance.claims import claims_of, verify_claim
from losskit.conformance.report import LossReport
from losskit.registry import builtin
from losskit.spec import AtLeast, Claim, LossSpec, Property
from losskit.spec.errors import LosskitError, PluginError, SpecError
from losskit.spec.properties import (
    KINDS,
    Bounded,
    Convex,
    Elicits,
    IgnoresIndex,
    Lipschitz,
    NonNegative,
    SpatialInvariant,
)


def _only(spec: LossSpec, *claims: Claim) -> LossSpec:
    return spec.model_copy(update={"claims": claims})


def test_the_same_seed_gives_the_same_report() -> None:
    one, two = (verify("comp_sum", only=["Convex", "NonNegative"], seed=7) for _ in range(2))
    found = [[(f.claim, f.outcome, f.cases, f.worst) for f in report.losses[0].findings] for report in (one, two)]
    assert found[0] == found[1]


def test_another_seed_draws_other_cases() -> None:
    kinds = ["ShiftInvariant", "MatchesReference", "Convex"]
    runs = [verify("comp_sum", only=kinds, seed=seed).losses[0].findings for seed in (1, 2)]
    assert [finding.worst for finding in runs[0]] != [finding.worst for finding in runs[1]]


def test_progress_is_told_at_the_start_and_after_each_loss() -> None:
    told: list[tuple[int, int, str | None]] = []

    def progress(done: int, total: int, report: LossReport | None) -> None:
        told.append((done, total, report.name if report else None))

    verify("dpo", "comp_sum", only=["WorkedExamples"], jobs=1, progress=progress)
    assert told[0] == (0, 2, None)
    assert [(done, total) for done, total, _ in told[1:]] == [(1, 2), (2, 2)]
    assert {name for _, _, name in told[1:]} == {"dpo", "comp_sum"}


def test_without_names_every_built_in_loss_is_verified_and_a_broken_one_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(name: str) -> LossSpec:
        if name == "dice":
            raise PluginError("the plugin of dice fails: RuntimeError: out of order")
        return get(name)

    monkeypatch.setattr("losskit.conformance.engine.get", load)
    report = verify(only=["WorkedExamples"], engine="here", profile="quick")
    assert {loss.name for loss in report.losses} == set(builtin())
    (finding,) = next(loss.findings for loss in report.losses if loss.name == "dice")
    assert (finding.outcome, finding.reason) == ("error", "the plugin of dice fails: RuntimeError: out of order")
    assert report.exit_code == 3


def test_losses_in_processes_come_back_in_the_order_asked_for() -> None:
    report = verify("z_loss", "dpo", "comp_sum", only=["WorkedExamples"], jobs=2)
    assert [loss.name for loss in report.losses] == ["z_loss", "dpo", "comp_sum"]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "hasty"}, "there is no profile 'hasty', expected one of quick, standard, deep"),
        ({"device": "tpu"}, "there is no device 'tpu', expected auto, cpu or cuda"),
        ({"only": ["Convexx"]}, "did you mean Convex"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(LosskitError, match=message.replace("?", r"\?")):
        verify("comp_sum", **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_asking_for_cuda_where_there_is_none_is_refused() -> None:
    with pytest.raises(LosskitError, match="finds no CUDA device"):
        verify("comp_sum", device="cuda")


def test_a_regime_that_nothing_satisfies_is_undecided_and_fails_the_run() -> None:
    claim = NonNegative().holds(when={"label_smoothing": 0.5})
    unsatisfiable = claim.model_copy(update={"when": {"tau": AtLeast(3), **claim.when}})
    spec = _only(get("comp_sum"), NonNegative().holds(when={"tau": {-1.0}}))
    assert unsatisfiable.when
    report = verify(spec, only=["NonNegative"])
    assert report.losses[0].findings[0].outcome == "undecided"
    assert report.exit_code == 1


def test_a_kind_without_a_law_is_an_error_of_its_own() -> None:
    class Unheard(Property):
        """A property nobody can check."""

    try:
        finding = verify_claim(get("comp_sum"), Unheard().holds(), "quick", 0, "cpu")
        assert finding.outcome == "error"
        assert "no law is registered for Unheard" in finding.reason
    finally:
        del KINDS["Unheard"]


@pytest.mark.parametrize("verdict", ["holds", "fails"])
@pytest.mark.parametrize(
    ("loss", "given", "wants"),
    [
        ("comp_sum", Elicits(functional="mean", on="logits", of="target"), "a prediction and an outcome of one shape"),
        ("comp_sum", SpatialInvariant(), "a symbol for the axes of images in the shape of an input, such as '*space'"),
    ],
)
def test_a_claim_that_no_law_of_its_kind_can_be_asked_of_says_what_the_loss_lacks(
    loss: str, given: Property, wants: str, verdict: str
) -> None:
    claim = given.holds() if verdict == "holds" else given.fails()
    finding = verify_claim(get(loss), claim, "quick", 0, "cpu")
    said = f"the claim cannot be asked of {loss}: {given.kind} wants {wants}"
    assert (finding.outcome, finding.reason) == ("error", said)


def test_a_crashing_oracle_is_one_error_and_the_rest_goes_on() -> None:
    spec = get("comp_sum").model_copy(update={"oracle": "losskit.plugins.classification.comp_sum.reference:nothing"})
    report = verify(spec, only=["MatchesReference", "NonNegative"])
    outcomes = {f.property: f.outcome for f in report.losses[0].findings}
    assert outcomes == {"MatchesReference": "error", "NonNegative": "held"}
    assert report.exit_code == 3


def test_nothing_checked_is_no_success() -> None:
    report = verify("dpo", only=["IgnoresIndex"])
    assert report.losses[0].findings[0].outcome == "not_applicable"
    assert report.exit_code == 3


def test_every_loss_declares_the_engineering_properties() -> None:
    kinds = {claim.property.kind for claim in claims_of(get("comp_sum"))}
    assert {name for name, model in KINDS.items() if model.default and name != "Engineering"} <= kinds
    assert IgnoresIndex.__name__ in kinds


def test_a_loose_bound_is_refuted_with_what_was_reached() -> None:
    loose = Lipschitz(on="logits", constant=10.0).holds(when={"tau": 1, "C": AtLeast(2)})
    finding = verify(_only(get("comp_sum"), loose), only=["Lipschitz"]).losses[0].findings[0]
    assert finding.outcome == "refuted"
    assert "the bound is loose" in finding.reason


def test_a_loose_range_is_refuted_unless_it_is_called_so() -> None:
    for tight, outcome in ((True, "refuted"), (False, "held")):
        twice = Bounded(lower=0.0, upper=2.0, tight=tight).holds(when={"tau": 2})
        finding = verify(_only(get("comp_sum"), twice), only=["Bounded"]).losses[0].findings[0]
        assert finding.outcome == outcome
    passed = Bounded(lower=0.0, upper=0.75, tight=False).holds(when={"tau": 2})
    finding = verify(_only(get("comp_sum"), passed), only=["Bounded"]).losses[0].findings[0]
    assert finding.witness is not None


def test_a_witness_is_small_and_its_program_shows_it_again() -> None:
    false = Convex(on="logits").holds(when={"scale": 1.0, "C": 2})
    finding = verify(_only(get("mae_classification"), false), only=["Convex"]).losses[0].findings[0]
    assert finding.witness is not None
    logits = finding.witness.inputs["logits"]
    assert isinstance(logits, list)
    assert len(logits) == 1
    row = torch.tensor(logits[0], dtype=torch.float64)
    assert torch.equal(row, row.round(decimals=3))


def test_replay_says_both_sides() -> None:
    text = replay(
        "mae_classification",
        "Convex(on=logits) fails when C in [2, inf)",
        law="Jensen",
        parameters={},
        logits=torch.tensor([[-4.0, 0.0]], dtype=torch.float64),
        _logits=torch.tensor([[0.0, 0.0]], dtype=torch.float64),
        target=torch.tensor([0]),
    )
    assert text.startswith("the value at the midpoint, and the average at the ends: 0.88079")


def test_replaying_a_claim_that_is_not_made_is_refused() -> None:
    with pytest.raises(LosskitError, match="does not claim 'Linear holds'"):
        replay("comp_sum", "Linear holds", law="Jensen", parameters={})


def test_every_property_kind_is_claimed_by_some_loss() -> None:
    claimed = {claim.property.kind for name in builtin() for claim in claims_of(get(name))}
    assert claimed >= {name for name in KINDS if name != "Engineering"}


def test_unknown_names_raise_before_anything_runs() -> None:
    with pytest.raises(LookupError, match="did you mean comp_sum"):
        verify("comp_sun")


def test_kinds_are_found_whatever_their_case() -> None:
    assert verify("comp_sum", only=["non_negative"]).losses[0].findings[0].property == "NonNegative"
    with pytest.raises(SpecError):
        verify("comp_sum", only=["nonsense"])
