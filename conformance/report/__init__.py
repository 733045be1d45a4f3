"""The result of a run and its renderings."""

from typing import TYPE_CHECKING

from losskit._lazy import lazily
from losskit.conformance.report.model import FELL, STOOD, Finding, LossReport, Margins, Outcome, Report, Witness

if TYPE_CHECKING:
    from losskit.conformance.report.as_badge import to_badge
    from losskit.conformance.report.as_html import to_html
    from losskit.conformance.report.as_json import from_json, to_json
    from losskit.conformance.report.as_junit import to_junit
    from losskit.conformance.report.as_table import to_table
    from losskit.conformance.report.as_text import block, conclusion, left_out, line
    from losskit.conformance.report.changes import Change, Changes, changes_in_words, compare
    from losskit.conformance.report.files import write

__all__ = [
    "FELL",
    "STOOD",
    "Change",
    "Changes",
    "Finding",
    "LossReport",
    "Margins",
    "Outcome",
    "Report",
    "Witness",
    "block",
    "changes_in_words",
    "compare",
    "conclusion",
    "from_json",
    "left_out",
    "line",
    "to_badge",
    "to_html",
    "to_json",
    "to_junit",
    "to_table",
    "write",
]
__getattr__ = lazily(
    __name__,
    {
        "to_badge": "losskit.conformance.report.as_badge",
        "to_html": "losskit.conformance.report.as_html",
        "to_junit": "losskit.conformance.report.as_junit",
        "to_table": "losskit.conformance.report.as_table",
        "write": "losskit.conformance.report.files",
        **dict.fromkeys(("from_json", "to_json"), "losskit.conformance.report.as_json"),
        **dict.fromkeys(("Change", "Changes", "changes_in_words", "compare"), "losskit.conformance.report.changes"),
        **dict.fromkeys(("block", "conclusion", "left_out", "line"), "losskit.conformance.report.as_text"),
    },
)
