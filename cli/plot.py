"""A loss as a picture in a file, and the curves in it as data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from losskit.cli import output

if TYPE_CHECKING:
    from torch import Tensor

    from losskit.conformance.pictures import Line, Picture
    from losskit.spec import LossSpec

SUFFIXES = (".png", ".svg")


def check_suffix(file: Path) -> Path:
    """Refuse a file name that says neither PNG nor SVG, before anything heavy is imported."""
    if file.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"a picture is written as .png or .svg, found {file.name!r}")
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder, expected the name of a file")
    return file


def plot(spec: LossSpec, given: Sequence[str], file: Path, as_json: bool) -> None:
    """Draw a loss into a file and say what was drawn.

    Args:
        spec: the loss.
        given: parameters as ``name=value``.
        file: where to write, PNG or SVG by its suffix.
        as_json: whether to print the curves.
    """
    from losskit.cli.parameters import parse

    parsed = parse(spec, given)
    with output.aside():
        from losskit.conformance import pictures

        pictures.require()
        shown = pictures.picture(spec, parsed)
        pictures.write(shown, file)
    if as_json:
        output.show_json(plot=data(shown, file))
    else:
        typer.echo(str(file))
        output.hint(shown.in_words())


def draw_beside(losses: Sequence[tuple[LossSpec, Mapping[str, Any]]], file: Path) -> None:
    """Draw several losses, each at its parameters, into one file."""
    from losskit.conformance import pictures

    pictures.require()
    shown = pictures.beside(losses)
    pictures.write(shown, file)
    output.hint(f"{file}: {shown.in_words()}")


def data(shown: Picture, file: Path) -> dict[str, Any]:
    """The curves of a picture as JSON has them; what is not finite is null."""
    return {
        "file": str(file),
        "loss": shown.name,
        "view": shown.view,
        "varied": shown.varied or None,
        "notes": list(shown.notes),
        "rows": [{"axis": row.axis, "title": row.title, "lines": list(map(_line, row.lines))} for row in shown.rows],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "label": line.label,
        "parameters": {name: _plain(value) for name, value in line.parameters.items()},
        "x": _numbers(line.x),
        "value": _numbers(line.value),
        "slope": _numbers(line.slope),
        "kinks": list(line.kinks),
        "jumps": list(line.jumps),
    }


def _numbers(curve: Tensor) -> list[float | None]:
    return [number if math.isfinite(number) else None for number in curve.tolist()]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
