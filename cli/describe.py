"""`losskit describe`: everything one loss says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog

if TYPE_CHECKING:
    from losskit.spec import LossSpec

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=epilog("describe"))
def describe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A loss, see 'losskit list'.", autocompletion=losses)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the spec as JSON.")] = False,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print only the references, as BibTeX.")] = False,
) -> None:
    """Show what a loss takes, computes and claims.

    Claims come with their regimes and sources, and the page ends in a worked example that can be run.
    """
    from losskit.registry import get

    if as_json and bibtex:
        raise typer.BadParameter("--json and --bibtex exclude each other")
    with output.aside():
        spec = get(name)
    if as_json:
        output.show_json(spec=output.data(spec))
    elif bibtex:
        typer.echo("\n\n".join(reference.bibtex() for reference in spec.references))
    else:
        _show(spec)


def _show(spec: LossSpec) -> None:
    from losskit.cli.sheet import sheet

    output.show(sheet(spec))
