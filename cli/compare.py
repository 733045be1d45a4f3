"""`losskit compare`: two to four losses side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog
from losskit.cli.page import Block, Grid, Heading, Paragraph
from losskit.cli.plot import check_suffix, draw_beside

if TYPE_CHECKING:
    from losskit.conformance.comparison import Cost
    from losskit.conformance.pictures.beside import Table
    from losskit.spec import LossSpec

app = typer.Typer(rich_markup_mode=None, add_completion=False)
MOST = 4


@app.command(epilog=epilog("compare"))
def compare(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME NAME [NAME [NAME]]", help="Two to four losses.", autocompletion=losses),
    ],
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="LOSS:NAME=VALUE", help="A parameter for values and cost; may be given again."),
    ] = None,
    differences: Annotated[bool, typer.Option(help="Leave out claims that all losses make alike.")] = False,
    with_cost: Annotated[
        bool, typer.Option("--cost/--no-cost", help="Time forward and backward on inputs they share, in turns.")
    ] = True,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg|png", help="Also draw their values and slopes into one picture."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show losses side by side: inputs, claims with their regimes, values and slopes along a line, and cost.

    Losses of different tasks are compared as far as that means something, and the page says what was left out. An empty
    cell says that a loss claims nothing of a property, not that the property fails.
    """
    from losskit.cli import abreast

    if not 2 <= len(dict.fromkeys(names)) == len(names) <= MOST:
        raise typer.BadParameter(f"give two to {MOST} different losses, found {', '.join(names)}")
    if plot is not None:
        check_suffix(plot)
    with output.aside():
        specs = _specs(names)
        given = _parameters(specs, param or [])
        line = _line(specs, given)
        costs, shapes = _costs(specs, given) if with_cost else ({}, {})
        if plot is not None:
            draw_beside([(spec, given[name]) for name, spec in specs.items()], plot)
    rows = abreast.claims(list(specs.values()), differences)
    notes = _notes(specs, line is not None, with_cost, bool(costs))
    if as_json:
        output.show_json(
            losses=[abreast.facts(spec, given[name]) for name, spec in specs.items()],
            claims=[row.data() for row in rows],
            notes=notes,
            **_numbers(line, costs, shapes),
        )
        return
    output.show(
        [
            Heading(" and ".join([", ".join(names[:-1]), names[-1]])),
            abreast.table_of_facts(specs, given),
            Heading("Claims that differ" if differences else "Claims"),
            Grid(("property", *names), tuple(row.cells() for row in rows)),
            *_links(specs),
            *_values(line),
            *_cost_table(costs, shapes),
            *(Paragraph(note) for note in notes),
        ]
    )


def _specs(names: Sequence[str]) -> dict[str, LossSpec]:
    from losskit.registry import get

    return {name: get(name) for name in names}


def _parameters(specs: Mapping[str, LossSpec], given: Sequence[str]) -> dict[str, dict[str, Any]]:
    from losskit.cli.parameters import parse

    texts: dict[str, list[str]] = {name: [] for name in specs}
    for text in given:
        loss, colon, rest = text.partition(":")
        if not colon or loss not in specs:
            known = ", ".join(specs)
            raise typer.BadParameter(f"--param is LOSS:NAME=VALUE with one of {known}, found {text!r}")
        texts[loss].append(rest)
    return {name: parse(spec, texts[name]) for name, spec in specs.items()}


def _line(specs: Mapping[str, LossSpec], given: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """Each loss along the line that all of them have; nothing where there is none."""
    from losskit.conformance.pictures.beside import table
    from losskit.spec.errors import PictureError

    try:
        return table([(spec, given[name]) for name, spec in specs.items()])
    except PictureError:
        return None


def _costs(
    specs: Mapping[str, LossSpec], given: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Cost], dict[str, list[int]]]:
    from losskit.conformance.comparison import cost, shared_inputs

    if not shared_inputs(list(specs.values())):
        return {}, {}
    return cost({name: (spec, given[name]) for name, spec in specs.items()})


def _notes(specs: Mapping[str, LossSpec], followed: bool, wanted: bool, timed: bool) -> list[str]:
    """What was not compared, and why."""
    tasks = dict.fromkeys(spec.task for spec in specs.values())
    notes = []
    if len(tasks) > 1:
        notes.append(
            f"These losses are of different tasks ({', '.join(tasks)}): a claim speaks of each loss's own inputs, so alike "
            "words need not mean alike things."
        )
    if not followed:
        notes.append("Values are not compared: the losses have no line in common, such as a margin or a residual.")
    if wanted and not timed:
        notes.append("Cost is not compared: the losses do not take the same inputs.")
    return notes


def _links(specs: Mapping[str, LossSpec]) -> list[Block]:
    from losskit.cli.sheet import link_in_words, where

    rows = [
        (name, link_in_words(claim), claim.verdict, where(claim.when))
        for name, spec in specs.items()
        for claim in spec.links()
        if getattr(claim.property, "other", "") in specs
    ]
    return [Heading("Links between them"), Grid(("loss", "link", "verdict", "where"), tuple(rows))] if rows else []


def _values(line: Table | None) -> list[Block]:
    if line is None:
        return []
    head = (line.along, *(word for name in line.curves for word in (name, f"slope of {name}")))
    rows = tuple(
        (f"{place:g}", *(f"{x:.4g}" for c in line.curves.values() for x in (c.values[at], c.slopes[at])))
        for at, place in enumerate(line.places)
    )
    return [Heading(f"Values along the {line.along}"), Grid(head, rows, right=frozenset(head))]


def _cost_table(costs: Mapping[str, Cost], shapes: Mapping[str, Sequence[int]]) -> list[Block]:
    if not costs:
        return []
    told = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
    first = next(iter(costs))
    head = ("loss", "ms", f"times {first}", "least to most", "kept, MiB")
    rows = tuple(
        (
            name,
            f"{c.seconds * 1e3:.3g}",
            f"{c.ratio[1]:.2f}",
            f"{c.ratio[0]:.2f} to {c.ratio[2]:.2f}",
            f"{c.kept / 2**20:.2f}",
        )
        for name, c in costs.items()
    )
    return [
        Heading("Cost, forward and backward"),
        Grid(head, rows, right=frozenset(head[1:])),
        Paragraph(f"On {told}, float32, this machine's CPU, in turns. Kept is what forward holds for backward."),
    ]


def _numbers(line: Table | None, costs: Mapping[str, Cost], shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    followed = line and {name: {"values": c.values, "slopes": c.slopes} for name, c in line.curves.items()}
    timed = {name: {"seconds": c.seconds, "ratio": c.ratio, "kept_bytes": c.kept} for name, c in costs.items()}
    return {
        "values": line and {"along": line.along, "places": line.places, "losses": followed},
        "cost": {"shapes": shapes, "dtype": "float32", "losses": timed} if costs else None,
    }
