"""A report as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

import math
from functools import reduce
from importlib.resources import files
from operator import add
from typing import Any

from losskit.conformance.report.as_text import MEANINGS, NAMES, conclusion, duration, line, times, words
from losskit.conformance.report.matrix import GLYPHS, GRAVEST, anchor, matrix
from losskit.conformance.report.model import LOWEST, Margins, Report
from losskit.conformance.report.plots import histogram, short, strip
from losskit.spec.errors import MissingExtraError

TEMPLATE = "page.html.j2"


def to_html(report: Report) -> str:
    """The report as a page: the matrix of losses by properties, plots of violations, and every claim.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise MissingExtraError(
            "an HTML report needs jinja2, which is not installed; run: pip install 'losskit[verify]'"
        ) from error
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(duration=duration, line=line, times=times, short=short, figure=figure, values=words)
    environment.filters["share"] = share
    grid = matrix(report)
    page = environment.get_template(TEMPLATE).render(
        report=report,
        conclusion=conclusion(report),
        matrix=grid,
        strip=Markup(strip(grid)),
        spreads={verdict: spread(report, verdict) for verdict in ("holds", "fails")},
        histogram=lambda margins, *size: Markup(histogram(margins, *size)),
        anchor=anchor,
        glyphs=GLYPHS,
        names=NAMES,
        meanings=MEANINGS,
        outcomes=[outcome for outcome in GRAVEST if report.count(outcome)],
    )
    return page + "\n"


def spread(report: Report, verdict: str) -> Margins | None:
    """Violations of all cases of claims that hold, or of claims that fail; None where there are none with a size."""
    found: list[Any] = [
        f.margins for loss in report.losses for f in loss.findings if f.verdict == verdict and f.margins
    ]
    return reduce(add, found) if found else None


def figure(worst: float | None) -> str:
    """A violation in as few characters as a cell of the matrix has: ``0``, ``.02``, ``7``, ``3e9``."""
    if worst is None:
        return ""
    if worst == 0 or 0.995 <= worst < 100:
        return f"{worst:.0f}"
    if 0.01 <= worst < 0.995:
        return f"{worst:.2f}".lstrip("0")
    mantissa, _, power = f"{worst:.0e}".partition("e")
    return "∞" if worst >= 1e300 else f"{mantissa}e{int(power)}"


def share(worst: float) -> int:
    """How far a violation has come on the way from the smallest decade to the tolerance, in percent."""
    return 0 if worst <= 0 else round(100 * min(max(1 - math.log10(worst) / LOWEST, 0.0), 1.0))


def _template(name: str) -> str:
    return files("losskit.conformance.report").joinpath(name).read_text(encoding="utf-8")
