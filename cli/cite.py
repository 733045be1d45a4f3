"""`losskit cite`: the references of losses as BibTeX, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from losskit.spec import LossSpec, Reference

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=epilog("cite"))
def cite(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Losses, see 'losskit list'.", autocompletion=losses)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="The references of every installed loss.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: each entry with the losses it is of.")] = False,
) -> None:
    """Print what to cite: the BibTeX entries of losses, in the order given, each once.

    An entry that several losses share stands where the first of them needs it.
    """
    if bool(names) == every:
        raise typer.BadParameter("give the names of losses, or --all and no name")
    specs = _every() if every else _named(names or [])
    _say_what_lacks(specs)
    found = _references(specs)
    if as_json:
        output.show_json(references=[_data(reference, of) for reference, of in found])
    elif found:
        typer.echo("\n\n".join(reference.bibtex() for reference, _ in found))


def _named(names: Sequence[str]) -> list[LossSpec]:
    from losskit.registry import get

    with output.aside():
        return [get(name) for name in dict.fromkeys(names)]


def _every() -> list[LossSpec]:
    from losskit.registry import survey

    with output.aside():
        specs, failures = survey()
    if failures:
        output.hint(f"left out, for 'losskit doctor' to explain: {', '.join(failure.name for failure in failures)}")
    return list(specs)


def _references(specs: Sequence[LossSpec]) -> list[tuple[Reference, list[str]]]:
    """Each entry once, with the losses that it is of; two files may hold the same one."""
    found: dict[str, tuple[Reference, list[str]]] = {}
    for spec in specs:
        for reference in spec.references:
            found.setdefault(reference.bibtex(), (reference, []))[1].append(spec.name)
    keys = [reference.key for reference, _ in found.values()]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        output.hint(f"the key {key} stands for several entries, so rename all but one before BibTeX reads them")
    return list(found.values())


def _say_what_lacks(specs: Sequence[LossSpec]) -> None:
    bare = [spec.name for spec in specs if not spec.references]
    if bare:
        output.hint(f"no reference is given for {', '.join(bare)}")


def _data(reference: Reference, of: list[str]) -> dict[str, Any]:
    fields = {name: reference.field(name) for name in ("author", "year", "title")}
    return {"key": reference.key, "losses": of, **fields, "bibtex": reference.bibtex()}
