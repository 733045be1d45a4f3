"""The two lines a plugin author writes, and what pytest makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from losskit import get
from losskit.conformance import parametrize_with_claims
from losskit.conformance.claims import claims_of
from losskit.conformance.testing import ClaimCheck, ClaimFellError
from losskit.spec.errors import LosskitError, UnknownLossError
from losskit.spec.properties import Convex

pytest_plugins = ["pytester"]
CHEAP = "only=['NonNegative', 'Bounded', 'LabelSymmetric', 'DeviceParity']"
FALSE = """
from losskit import get
from losskit.conformance import parametrize_with_claims
from losskit.spec.properties import Convex, NonNegative

claims = (Convex(on="logits").holds(when={{"C": 2}}), NonNegative().holds())
spec = get("mae_classification").model_copy(update={{"claims": claims}})


@parametrize_with_claims(spec, only=["Convex", "NonNegative"], expected={expected!r})
def test_it(check):
    check()
"""


@parametrize_with_claims("mae_classification", only=["WorkedExamples", "Reduces", "NonNegative", "LabelSymmetric"])
def test_mae_classification(check: Callable[[], object]) -> None:
    check()


def two_lines(loss: str, options: str = CHEAP) -> str:
    return (
        "from losskit.conformance import parametrize_with_claims\n\n\n"
        f"@parametrize_with_claims({loss!r}, {options})\n"
        "def test_it(check):\n    check()\n"
    )


def collected(pytester: pytest.Pytester, *options: str) -> list[str]:
    lines = pytester.runpytest("--collect-only", "-q", *options).outlines
    return [line.partition("::")[2] for line in lines if "::" in line]


def test_every_claim_is_a_test_with_a_short_id(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(two_lines("comp_sum", "only=[]"))
    names = collected(pytester)
    assert len(names) == len(claims_of(get("comp_sum"))) == len(set(names))
    assert "test_it[ShiftInvariant-logits-C-holds]" in names
    assert "test_it[LabelSymmetric-fails-tau-0..2-C-2+]" in names
    assert collected(pytester) == names


@pytest.mark.parametrize("chosen", ["LabelSymmetric-holds-tau-2", "LabelSymmetric-fails-tau-0..2-C-2+"])
def test_an_id_selects_its_claim(pytester: pytest.Pytester, chosen: str) -> None:
    pytester.makepyfile(two_lines("comp_sum"))
    assert collected(pytester, "-k", chosen) == [f"test_it[{chosen}]"]
    assert len(collected(pytester, "-k", "LabelSymmetric and not fails")) == 1


def test_claims_that_hold_and_that_fail_pass_and_others_are_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    pytester.makepyfile(two_lines("comp_sum"))
    result = pytester.runpytest("-rs", "-v")
    result.assert_outcomes(passed=6, skipped=1)
    result.stdout.fnmatch_lines(["*Bounded-fails-tau-0..1-C-2+* PASSED*", "SKIPPED*CUDA*"])


@pytest.mark.slow
def test_workers_agree_on_the_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(two_lines("comp_sum", "only=['LabelSymmetric']"))
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=3)


def test_a_claim_that_falls_fails_its_test_with_what_reproduces_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FALSE.format(expected={}))
    result = pytester.runpytest()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*ClaimFellError: mae_classification: Convex(on=logits) holds when C = 2*",
            "*find it again: losskit verify mae_classification --profile quick --seed 0 --only Convex*",
        ]
    )


def test_an_expected_failure_carries_its_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FALSE.format(expected={"Convex-logits-holds-C-2": "bounded losses are never convex"}))
    result = pytester.runpytest("-rx")
    result.assert_outcomes(xfailed=1, passed=1)
    result.stdout.fnmatch_lines(["XFAIL *Convex-logits-holds-C-2* - bounded losses are never convex*"])


def test_an_expected_failure_that_stands_fails(pytester: pytest.Pytester) -> None:
    expected = {"Convex-logits-holds-C-2": "never convex", "NonNegative-holds": "mistaken"}
    pytester.makepyfile(FALSE.format(expected=expected))
    result = pytester.runpytest()
    result.assert_outcomes(xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*mistaken*"])


def test_an_expectation_excuses_no_error(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("losskit.conformance.claims.laws_of", broken)
    pytester.makepyfile(FALSE.format(expected={"Convex-logits-holds-C-2": "never convex"}))
    result = pytester.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*LosskitError: *", "*could not be checked*", "*out of order*"])


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"NonNegative": "?"}, "no claim of mae_classification .* did you mean NonNegative-holds"),
        ({"NonNegative-holds": " "}, "the reason is missing"),
    ],
)
def test_an_expectation_of_nothing_is_refused(expected: dict[str, str], said: str) -> None:
    with pytest.raises(LosskitError, match=said):
        parametrize_with_claims("mae_classification", expected=expected)


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(UnknownLossError, match="did you mean comp_sum"):
        parametrize_with_claims("comp_sun")


def test_a_check_can_be_called_without_pytest() -> None:
    spec = get("mae_classification")
    assert ClaimCheck(spec, spec.claims[0])().stood
    with pytest.raises(ClaimFellError, match=r"torch\.tensor\("):
        ClaimCheck(spec, Convex(on="logits").holds(when={"C": 2}))()
