"""`losskit list`: which losses there are, and which of them have a property, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import completing, output
from losskit.cli.examples import epilog
from losskit.cli.page import Grid
from losskit.cli.parameters import words
from losskit.registry import VARIABLE, listing, unmatched

if TYPE_CHECKING:
    from losskit.cli.listed import ListedClaim, ListedLoss
    from losskit.registry import Listing, Match
    from losskit.spec import Claim, LossSpec

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@dataclass(frozen=True)
class Question:
    """What is asked of the losses; an empty question asks for all of them."""

    task: str | None = None
    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    coupling: str | None = None

    @property
    def of_properties(self) -> bool:
        """Whether the answer has to name regimes."""
        return bool(self.holds or self.fails)


@dataclass(frozen=True)
class Row:
    """A loss that answers, with the claims that answer; ``spec`` is None where none was needed."""

    listing: Listing
    spec: LossSpec | None = None
    match: Match | None = None

    @property
    def task(self) -> str:
        """What the loss is for; empty for another distribution's plugin that was not imported."""
        return self.spec.task if self.spec is not None else self.listing.task


@app.command(epilog=epilog("list"))
def losses(
    task: Annotated[
        str | None,
        typer.Option(autocompletion=completing.tasks, help="Only losses of this task, such as segmentation."),
    ] = None,
    holds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROPERTY",
            autocompletion=completing.properties,
            help="Only losses that claim this property; may be given again.",
        ),
    ] = None,
    fails: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROPERTY",
            autocompletion=completing.properties,
            help="Only losses that claim that this property fails; may be given again.",
        ),
    ] = None,
    coupling: Annotated[
        str | None,
        typer.Option(
            metavar="none|pairs|batch|set",
            autocompletion=completing.couplings,
            help="Only losses whose samples are coupled in this way.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List losses, or those with a property.

    Asked for a property, the answer names the regime in which it holds or fails. Without options no plugin is imported;
    a question imports the plugins it has to look into.
    """
    question = Question(task, words(holds), words(fails), coupling)
    found, problems = _everything() if question == Question() else _matches(question)
    if as_json:
        output.show_json(losses=[_data(row) for row in found], problems=problems)
    else:
        output.show([_regimes(found) if question.of_properties else _table(found, question)])
        _hints(found, question)
    _warn(problems)


def _everything() -> tuple[list[Row], dict[str, str]]:
    entries = listing()
    problems = {entry.name: entry.problem for entry in entries if entry.problem}
    return [Row(entry) for entry in entries if not entry.problem], problems


def _matches(question: Question) -> tuple[list[Row], dict[str, str]]:
    from losskit.registry import find, survey

    with output.aside():
        _check(question)
        specs, failures = survey(apart=True)
    entries = {entry.name: entry for entry in listing()}  # after the plugins are imported: their docstrings are known
    matches = find(
        task=question.task, holds=question.holds, fails=question.fails, coupling=question.coupling, among=specs
    )
    rows = [Row(entries[match.name], match.spec, match) for match in matches]
    return rows, {failure.name: failure.cause for failure in failures}


def _check(question: Question) -> None:
    from typing import get_args

    from losskit.registry import kind, unknown
    from losskit.spec.errors import SpecError
    from losskit.spec.loss import Task

    for word in (*question.holds, *question.fails):
        kind(word)
    for what, given, known in (
        ("task", question.task, get_args(Task)),
        ("coupling", question.coupling, ("none", "pairs", "batch", "set")),
    ):
        if given is not None and given not in known:
            raise SpecError(unknown(what, given, known))


def _table(rows: Sequence[Row], question: Question) -> Grid:
    if question.coupling is None:
        return Grid(("loss", "task", "about"), tuple((row.listing.name, row.task or "?", _about(row)) for row in rows))
    cells = ((row.listing.name, row.task, question.coupling, _about(row)) for row in rows)
    return Grid(("loss", "task", "coupling", "about"), tuple(cells))


def _about(row: Row) -> str:
    provider = row.listing.providers[0]
    outside = "" if provider.builtin else f"[{provider.distribution} {provider.version}]"
    return " ".join(part for part in (row.listing.synopsis, outside) if part)


def _regimes(rows: Sequence[Row]) -> Grid:
    cells = [
        (row.listing.name, row.task, str(claim.property), claim.verdict, regime)
        for row in rows
        if row.match is not None
        for claim, regime in zip(row.match.claims, row.match.regimes(), strict=True)
    ]
    return Grid(("loss", "task", "property", "verdict", "where"), tuple(cells))


def _data(row: Row) -> ListedLoss:
    provider = row.listing.providers[0]
    return {
        "name": row.listing.name,
        "task": row.task or None,
        "about": row.listing.synopsis,
        "distribution": provider.distribution,
        "version": provider.version,
        "builtin": provider.builtin,
        "claims": [] if row.match is None else _claims(row.match),
    }


def _claims(match: Match) -> list[ListedClaim]:
    return [_claim(claim, regime) for claim, regime in zip(match.claims, match.regimes(), strict=True)]


def _claim(claim: Claim, regime: str) -> ListedClaim:
    found = output.data(claim)
    return {
        "claim": str(claim),
        "where": regime,
        "property": found["property"],
        "verdict": found["verdict"],
        "when": found["when"],
        "source": found["source"],
        "note": found["note"],
    }


def _hints(rows: Sequence[Row], question: Question) -> None:
    if not rows:
        output.hint("no loss answers this question")
    elif any(not row.task for row in rows) and question == Question():
        output.hint("the task of another distribution's loss is shown by 'losskit describe NAME'")


def _warn(problems: dict[str, str]) -> None:
    for word in unmatched():
        output.hint(f"{VARIABLE} names {word}, and no distribution of this name has plugins; see 'losskit doctor'")
    if problems:
        names = ", ".join(problems)
        what = "1 loss cannot be used" if len(problems) == 1 else f"{len(problems)} losses cannot be used"
        output.hint(f"{what} ({names}); 'losskit doctor' says why")
