"""A report as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from losskit.conformance.report.as_table import COLUMNS, rows
from losskit.conformance.report.as_text import WORDS, block, conclusion, duration
from losskit.conformance.report.model import Report
from losskit.spec.errors import MissingExtraError

TEMPLATE = "page.html.j2"


def to_html(report: Report) -> str:
    """The report as a page: the table of losses, then every claim with its outcome and its witness.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise MissingExtraError(
            "an HTML report needs jinja2, which is not installed; run: pip install 'losskit[verify]'"
        ) from error
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(block=block, duration=duration, words=WORDS)
    text = files("losskit.conformance.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    page = environment.from_string(text).render(
        report=report, conclusion=conclusion(report), columns=COLUMNS, rows=rows(report)
    )
    return page + "\n"
