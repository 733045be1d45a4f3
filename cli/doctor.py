"""`losskit doctor`: what is installed, what is missing, what is broken, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import output
from losskit.cli.examples import epilog
from losskit.cli.failures import NOT_RUN, STOOD
from losskit.cli.page import Block, Grid, Heading, Paragraph
from losskit.cli.runtimes import check_runtimes, complete_runtimes, known_runtimes

if TYPE_CHECKING:
    from losskit.cli.checkup import Checkup
    from losskit.cli.plugin_states import Plugin

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=epilog("doctor"))
def doctor(
    install: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUNTIME",
            callback=check_runtimes,
            autocompletion=complete_runtimes,
            help=f"First get what a runtime needs: npm packages, a program built with CMake. One of {known_runtimes()}.",
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="A plugin whose import takes longer is broken."),
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain what is missing or broken.

    Every selected plugin and extension is imported, in a process of its own that may crash or hang.

    The exit status is 0 if all is well and 3 if something is broken; an extra or a runtime that is not installed is
    not broken, and neither is a plugin that only draws a warning.
    """
    from losskit.cli.checkup import examine

    with output.aside():
        if install:
            _install(install)
        checkup = examine(timeout, _told)
    if as_json:
        output.show_json(healthy=checkup.healthy, **asdict(checkup))
    else:
        output.show(_page(checkup))
    raise typer.Exit(STOOD if checkup.healthy else NOT_RUN)


def _told(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty() and total > 2:
        output.hint(f"looked at the plugins of {name} ({done} of {total})")


def _install(names: list[str]) -> None:
    from losskit.export.runtimes.table import select

    done = []
    for kind in select(names):
        if kind.install is None:
            if "all" not in names:
                output.hint(f"runtime {kind.name}: {kind.advice() or 'nothing has to be got for it'}")
        elif kind.advice() and kind.install not in done:
            output.hint(f"getting what {kind.title} needs")
            kind.install()
            done.append(kind.install)


def _page(checkup: Checkup) -> list[Block]:
    from losskit.cli.extension_state import page_of_extensions

    extras = tuple((e.name, e.state, e.advice) for e in checkup.extras)
    plugins = tuple(
        (p.loss, p.distribution, p.version, p.entry_point, "" if p.seconds is None else f"{p.seconds:.2f} s", p.state)
        for p in checkup.plugins
    )
    blocks: list[Block] = [
        Heading("Environment"),
        Grid(
            ("what", "found", "from", "state"),
            tuple((f.what, f.found, f.place, f.state) for f in checkup.environment),
        ),
        Heading("Extras"),
        Grid(("extra", "state", "advice"), extras),
        Heading("Runtimes"),
        Grid(
            ("runtime", "what", "state", "advice"), tuple((r.name, r.what, r.state, r.advice) for r in checkup.runtimes)
        ),
        Heading(f"Plugins ({checkup.selection})"),
        Grid(("loss", "distribution", "version", "entry point", "import", "state"), plugins),
    ]
    for title, chosen in (
        ("What is broken", [p for p in checkup.plugins if not p.usable]),
        ("What works, and is worth a look", [p for p in checkup.plugins if p.state == "warning"]),
    ):
        if chosen:
            blocks += [Heading(title), _explained(chosen)]
    blocks += page_of_extensions(checkup.extensions)
    return [*blocks, Paragraph(_conclusion(checkup))]


def _explained(plugins: Sequence[Plugin]) -> Grid:
    rows = tuple(
        (
            p.loss,
            f"{p.distribution} {p.version}",
            p.entry_point,
            f"{p.cause} ({p.where})" if p.where else p.cause,
            p.cure,
        )
        for p in plugins
    )
    return Grid(("loss", "distribution", "entry point", "cause", "cure"), rows)


def _conclusion(checkup: Checkup) -> str:
    if not checkup.healthy:
        return "Something is broken; see above."
    return "Nothing is broken; there are warnings above." if checkup.warned else "All is well."
