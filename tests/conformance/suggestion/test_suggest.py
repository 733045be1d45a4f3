"""Claims that a search proposes: what they are, that they can be pasted, and that they are marked."""

from __future__ import annotations

from typing import Any

import pytest

from losskit import get, verify
from losskit.conformance import suggest
from losskit.conformance.report import conclusion
from losskit.conformance.suggestion import Suggestions
from losskit.spec import LossSpec
from losskit.spec.errors import LosskitError
from losskit.spec.properties import ReducesTo

from .test_lines import read

HERE: dict[str, Any] = {"engine": "here", "device": "cpu"}
FAMILY = ("LabelSymmetric", "Monotone", "NonNegative", "ReducesTo")
REGRESSION = ("Homogeneous", "Lipschitz", "TriangleInequality", "Elicits")


def bare(name: str) -> LossSpec:
    """A loss without what it claims."""
    return get(name).model_copy(update={"claims": ()})


def told(found: Suggestions) -> set[str]:
    return {str(proposal.claim) for proposal in found.proposals}


@pytest.fixture(scope="module")
def family() -> Suggestions:
    """Of a loss whose claims depend on a parameter."""
    return suggest(bare("comp_sum"), only=FAMILY, **HERE)


@pytest.fixture(scope="module")
def regression() -> Suggestions:
    """Of a loss of real targets."""
    return suggest(bare("huber"), only=REGRESSION, **HERE)


def test_claims_come_with_their_regimes(family: Suggestions) -> None:
    assert {
        "NonNegative holds",
        "Monotone(on=logits, direction=decreasing, part=label) holds",
        "Monotone(on=tau, direction=decreasing) holds",
        "LabelSymmetric holds when tau = 2",
        "LabelSymmetric(region=distinct) fails when tau in [0, 2)",
    } <= told(family)
    links = {c.claim.property.other for c in family.proposals if isinstance(c.claim.property, ReducesTo)}
    assert {"cross_entropy", "mae_classification"} <= links


def test_what_follows_is_not_proposed(family: Suggestions) -> None:
    assert "LabelSymmetric(region=distinct) holds when tau = 2" in {one.claim for one in family.implied}
    assert not told(family) & {one.claim for one in family.implied}


def test_constants_and_degrees_are_read_as_formulas(regression: Suggestions) -> None:
    assert {
        "Lipschitz(on=input, constant=delta) holds",
        "Lipschitz(on=input + target, constant=sqrt(2) * delta) holds",
        "Homogeneous(on=input + target + delta, degree=2) holds",
        "TriangleInequality(a=input, b=target) fails",
    } <= told(regression)


def test_a_bound_may_depend_on_a_parameter_where_there_is_one() -> None:
    found = told(suggest(bare("comp_sum"), only=["Bounded"], **HERE))
    assert "Bounded fails when tau in [0, 1]" in found
    assert "Bounded(lower=0, upper=1 / (tau - 1)) holds when tau in (1, inf)" in found


def test_each_proposal_says_what_speaks_for_it(regression: Suggestions) -> None:
    for proposal in regression.proposals:
        assert proposal.claim.proposed
        assert proposal.claim.source.startswith("PROPOSAL: ")
        assert proposal.claim.source.endswith("(quick, seed 0); needs a source")
        assert (proposal.claim.verdict == "fails") == (proposal.finding.witness is not None)
    (failure,) = (p.claim for p in regression.proposals if p.claim.property.kind == "TriangleInequality")
    assert " against " in failure.source


@pytest.mark.parametrize("name", ["comp_sum", "huber"])
def test_pasted_lines_stand_and_stay_marked(name: str, request: pytest.FixtureRequest) -> None:
    found: Suggestions = request.getfixturevalue("family" if name == "comp_sum" else "regression")
    claims = read(found.lines())
    assert [str(claim) for claim in claims] == [str(proposal.claim) for proposal in found.proposals]
    spec = LossSpec.model_validate({**dict(bare(name)), "claims": claims})
    report = verify(spec, only=sorted({claim.property.kind for claim in claims}), device="cpu")
    assert report.exit_code == 0
    assert f"{len(claims)} claims are proposals without a source" in conclusion(report)


def test_what_is_claimed_is_not_asked_again() -> None:
    found = suggest(get("huber"), only=["NonNegative"], **HERE)
    assert (found.asked, found.proposals) == (0, ())


def test_with_every_the_spec_counts_as_empty() -> None:
    found = suggest("mse", only=["NonNegative"], every=True, **HERE)
    assert told(found) == {"NonNegative holds"}


def test_a_loss_that_cannot_run_is_told_of_and_proposes_nothing() -> None:
    broken = bare("mse").model_copy(update={"module": "losskit.plugins.regression.mse.loss:Missing"})
    found = suggest(broken, only=["NonNegative", "Lipschitz"], **HERE)
    assert found.proposals == ()
    assert [(one.claim, one.outcome) for one in found.left] == [("NonNegative", "error")]


@pytest.mark.parametrize(
    ("subject", "options", "message"),
    [
        ("mean_squared", {}, "there is no loss"),
        ("mse", {"profile": "hasty"}, "there is no profile 'hasty'"),
        ("mse", {"only": ["Convexx"]}, "did you mean Convex"),
        ("examples.foreign.torch_nn:SPECS", {}, "expected one, such as examples.foreign.torch_nn:"),
    ],
)
def test_a_wrong_question_is_one_sentence(subject: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(LosskitError, match=message.replace("?", r"\?")):
        suggest(subject, **options)


def test_progress_names_each_round() -> None:
    rounds: list[str] = []
    suggest("mse", only=["NonNegative"], every=True, progress=lambda _d, _t, what: rounds.append(what or ""), **HERE)
    assert "everywhere" in rounds
