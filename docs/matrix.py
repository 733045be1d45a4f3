"""The losses by the properties they claim, as a table that a script filters and that reads without one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from docs.gallery import facts, form

from losskit.conformance.report.matrix import GLYPHS, grouped
from losskit.spec import Claim, LossSpec, describe_regime
from losskit.spec.properties import KINDS

MARKS = {"holds": GLYPHS["held"], "fails": GLYPHS["confirmed"]}  # as in reports, whose claims these become
PAGE = """---
hide: [toc]
---

# Losses by properties

{holds} says that a property is claimed to hold, {fails} that it is claimed to fail, both that it depends on the regime. Point at
a cell for its regimes, or open it. Columns lead to the definitions, rows to the losses. `losskit list --holds Convex` asks the
same in a terminal, `losskit verify` puts every claim to the test.

{form}

<div class="loss-matrix" tabindex="0" role="region" aria-label="Losses by properties">
<table class="filtered">
<thead><tr><th scope="col">loss</th>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
"""


def page(specs: Sequence[LossSpec]) -> str:
    """The page as Markdown."""
    groups = grouped(_kinds(specs))
    kinds = [kind for _, several in groups for kind in several]
    head = "".join(
        f'<th scope="col" class="kind" data-kind="{kind}" title="{escape(KINDS[kind].definition())}">'
        f'<a href="../../properties/#{kind.lower()}">{kind}</a></th>'
        for kind in kinds
    )
    rows = "\n".join(_row(spec, kinds) for spec in specs)
    return PAGE.format(**MARKS, form=form(specs, _controls(groups)), head=head, rows=rows)


def _kinds(specs: Sequence[LossSpec]) -> list[str]:
    """Kinds that some loss claims beside what every loss declares."""
    claimed = {claim.property.kind for spec in specs for claim in spec.claims}
    return [kind for kind, model in KINDS.items() if kind in claimed and not model.default]


def _controls(groups: Sequence[tuple[str, Sequence[str]]]) -> str:
    options = "".join(
        f'<optgroup label="{group}">{"".join(f"<option>{kind}</option>" for kind in kinds)}</optgroup>'
        for group, kinds in groups
    )
    verdicts = "".join(f"<option>{verdict}</option>" for verdict in MARKS)
    return (
        f'<label>Property <select name="property"><option value="">all</option>{options}</select></label>'
        f'<label>Verdict <select name="verdict"><option value="">any</option>{verdicts}</select></label>'
    )


def _row(spec: LossSpec, kinds: Sequence[str]) -> str:
    by_kind = {kind: [claim for claim in spec.claims if claim.property.kind == kind] for kind in kinds}
    cells = "".join(_cell(kind, claims) for kind, claims in by_kind.items())
    return f'<tr {facts(spec)}><th scope="row"><a href="../{spec.name}/">{spec.name}</a></th>{cells}</tr>'


def _cell(kind: str, claims: Sequence[Claim]) -> str:
    if not claims:
        return "<td></td>"
    verdicts = [verdict for verdict in MARKS if any(claim.verdict == verdict for claim in claims)]
    said = [_said(claim) for verdict in verdicts for claim in claims if claim.verdict == verdict]
    marks = "".join(f'<span class="{verdict}">{MARKS[verdict]}</span>' for verdict in verdicts)
    items = "".join(f"<li>{escape(line)}</li>" for line in said)
    return (
        f'<td data-kind="{kind}" data-verdicts="{" ".join(verdicts)}"><details><summary title="{escape(chr(10).join(said))}" '
        f'aria-label="{kind}: {" and ".join(verdicts)}">{marks}</summary><ul>{items}</ul></details></td>'
    )


def _said(claim: Claim) -> str:
    return f"{claim.property} {claim.verdict}: {describe_regime(claim.when) or 'always'}"
