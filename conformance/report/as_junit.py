"""A report as JUnit XML: a suite a loss, a case a claim."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from losskit.conformance.report.as_text import MEANINGS, block
from losskit.conformance.report.model import FELL, Finding, LossReport, Report

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def to_junit(report: Report) -> str:
    """The report as continuous-integration servers read it; the seed, device and versions are properties."""
    root = ElementTree.Element(
        "testsuites", {"name": "losskit verify", "time": _time(report.seconds)} | _counts(report.losses)
    )
    facts = {"profile": report.profile, "device": report.device, "seed": str(report.seed), **report.versions}
    for loss in report.losses:
        root.append(_suite(loss, facts))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(losses: tuple[LossReport, ...]) -> dict[str, str]:
    return {
        "tests": str(sum(len(loss.findings) + len(loss.not_run) for loss in losses)),
        "failures": str(sum(loss.count(*FELL) for loss in losses)),
        "errors": str(sum(loss.count("error") for loss in losses)),
        "skipped": str(sum(loss.count("not_applicable") + len(loss.not_run) for loss in losses)),
    }


def _suite(loss: LossReport, facts: dict[str, str]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", {"name": loss.name, "time": _time(loss.seconds)} | _counts((loss,)))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    suite.extend(_case(loss.name, finding) for finding in loss.findings)
    suite.extend(_left_out(loss.name, claim) for claim in loss.not_run)
    return suite


def _case(loss: str, finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=f"losskit.{loss}", name=_clean(finding.claim), time=_time(finding.seconds)
    )
    message = _clean(finding.reason or MEANINGS[finding.outcome])
    if finding.outcome == "not_applicable":
        ElementTree.SubElement(case, "skipped", message=message)
    elif not finding.stood:
        tag = "error" if finding.outcome == "error" else "failure"
        ElementTree.SubElement(case, tag, type=finding.outcome, message=message).text = _clean(block(loss, finding))
    return case


def _left_out(loss: str, claim: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=f"losskit.{loss}", name=_clean(claim), time=_time(0))
    ElementTree.SubElement(case, "skipped", message="not run: the run was interrupted")
    return case


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
