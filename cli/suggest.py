"""`losskit suggest`: claims that a loss might make, found by the harness, as lines to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog
from losskit.cli.failures import INTERRUPTED, NOT_RUN
from losskit.cli.page import Block, Code, Grid, Heading, Paragraph
from losskit.cli.progress import progress
from losskit.cli.searching import (
    Device,
    DeviceOption,
    Engine,
    EngineOption,
    JobsOption,
    OnlyOption,
    Profile,
    ProfileOption,
    SeedOption,
    TimeoutOption,
    import_place,
    kinds_of,
    terminable,
)

if TYPE_CHECKING:
    from losskit.conformance.suggestion import Left, Suggestions

CUT_OFF = "The search was interrupted: much was not asked, and a proposal may stand on more than is said here."

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=epilog("suggest"))
def suggest(
    subject: Annotated[
        str,
        typer.Argument(
            autocompletion=losses,
            metavar="NAME|MODULE:SPEC",
            help="A loss, or a spec in a module that is found from here, which is imported: that runs its code.",
        ),
    ],
    profile: ProfileOption = Profile.QUICK,
    device: DeviceOption = Device.AUTO,
    jobs: JobsOption = None,
    seed: SeedOption = 0,
    only: OnlyOption = None,
    timeout: TimeoutOption = None,
    engine: EngineOption = Engine.LOCAL,
    every: Annotated[
        bool, typer.Option("--all", help="Ask about what the spec claims already, too, as if it claimed nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Propose claims: attack what a loss does not claim yet, and show what stood.

    Every property that the inputs have a meaning for is attacked, everywhere and at simple values of parameters. What
    could not be refuted and what fails with a witness is printed as lines for claims=(...). Each is marked as a proposal:
    a search proves nothing, so give it a source before you rely on it.

    The exit status is 0 whatever is proposed, 2 if the command was wrong, 3 if the loss could not be run and 130 if the
    search was interrupted; what had stood by then is shown all the same.
    """
    from losskit.conformance import suggest as run
    from losskit.conformance.suggestion import SuggestionInterrupted
    from losskit.registry import get, is_place

    kinds = kinds_of(only or [])
    if is_place(subject):
        import_place(subject)
    else:
        with output.aside():
            get(subject)
    with terminable(), output.aside(), progress("asking", str) as callback:
        try:
            found = run(
                subject,
                profile=profile.value,
                device=device.value,
                seed=seed,
                jobs=jobs,
                only=kinds,
                engine=engine.value,
                timeout=timeout,
                every=every,
                progress=callback,
            )
        except SuggestionInterrupted as stop:
            found = stop.found
    if as_json:
        output.show_json(**output.data(found), lines=found.lines())
    else:
        output.show(_page(found))
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if found.asked and not found.cases:  # every question ended in an error
        raise typer.Exit(NOT_RUN)


def _page(found: Suggestions) -> list[Block]:
    from losskit.conformance.report.as_text import duration

    asked = f"{found.asked:,} claims were put to the harness"
    run = (
        f"{found.profile} profile, {found.device}, seed {found.seed}, {found.cases:,} cases, {duration(found.seconds)}"
    )
    count = len(found.proposals)
    stood = "1 claim stood and is proposed" if count == 1 else f"{count} claims stood and are proposed"
    told = f"{stood}. Search proves nothing: find a source for each, or drop it."
    return [
        Heading(f"Proposals for {found.name}"),
        _table(found),
        *_more("Follows from a proposal or from the spec", found.implied),
        *_more("Nothing is proposed of", found.left),
        *_to_paste(found),
        *([Paragraph(CUT_OFF)] if found.interrupted else []),
        Paragraph(f"{asked} ({run}). {told if found.proposals else 'Nothing is proposed.'}"),
    ]


def _table(found: Suggestions) -> Grid:
    from losskit.spec import describe_regime

    rows = [
        (
            str(one.claim.property),
            one.claim.verdict,
            describe_regime(one.claim.when) or "always",
            f"{one.finding.cases:,}",
        )
        for one in found.proposals
    ]
    return Grid(("property", "verdict", "where", "cases"), tuple(rows), right=frozenset({"cases"}))


def _more(title: str, several: tuple[Left, ...]) -> list[Block]:
    rows = tuple((one.claim, one.outcome, one.reason) for one in several)
    return [Heading(title), Grid(("claim", "outcome", "reason"), rows)] if rows else []


def _to_paste(found: Suggestions) -> list[Block]:
    return [Heading("To paste into the spec"), Code(found.lines(), margin="")] if found.proposals else []
