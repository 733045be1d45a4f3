from __future__ import annotations

from xml.etree import ElementTree

from losskit.conformance.report import Report, to_junit


def suites(report: Report) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(to_junit(report))
    return {str(suite.get("name")): suite for suite in root}


def test_every_loss_is_a_suite_and_every_claim_a_case(broken: Report) -> None:
    found = suites(broken)
    assert list(found) == ["softmax", "hinge"]
    assert [case.get("name") for case in found["hinge"].iter("testcase")] == [
        "NonNegative holds", "Convex(on=logits) holds", "Bounded(upper=1) holds", "Compiles holds",
    ]  # fmt: skip


def test_counts_agree_with_the_cases(broken: Report) -> None:
    hinge = suites(broken)["hinge"]
    assert [hinge.get(k) for k in ("tests", "failures", "errors", "skipped")] == ["4", "2", "1", "0"]
    assert [len(list(hinge.iter(tag))) for tag in ("testcase", "failure", "error", "skipped")] == [4, 2, 1, 0]


def test_a_failure_carries_what_reproduces_it(broken: Report) -> None:
    failure = next(suites(broken)["hinge"].iter("failure"))
    assert failure.get("type") == "refuted"
    assert "losskit verify hinge --only Convex --seed 3" in (failure.text or "")
    assert "print(loss < 1)" in (failure.text or "")


def test_not_applicable_is_skipped_with_its_reason(sound: Report) -> None:
    skipped = next(suites(sound)["softmax"].iter("skipped"))
    assert skipped.get("message") == "no CUDA <here>"


def test_control_characters_do_not_break_the_document(broken: Report) -> None:
    error = next(suites(broken)["hinge"].iter("error"))
    assert error.get("message") == "RuntimeError: \N{REPLACEMENT CHARACTER}[31mno\N{REPLACEMENT CHARACTER}"


def test_the_seed_and_versions_are_properties(sound: Report) -> None:
    properties = {p.get("name"): p.get("value") for p in suites(sound)["softmax"].iter("property")}
    assert properties == {"profile": "quick", "device": "cpu", "seed": "3", "losskit": "0.1.0", "torch": "2.13"}
