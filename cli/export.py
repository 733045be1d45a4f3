"""`losskit export`: a loss as graphs and archives that other runtimes load."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import output
from losskit.cli.examples import epilog
from losskit.cli.page import Block, Grid, Heading, Paragraph

if TYPE_CHECKING:
    from losskit.export.manifest import Manifest

app = typer.Typer(rich_markup_mode=None, add_completion=False)
ARTIFACTS = Path("losskit-artifacts")


class Reduction(StrEnum):
    """What becomes of the values of a batch."""

    MEAN = "mean"
    SUM = "sum"
    NONE = "none"


class Target(StrEnum):
    """What is written."""

    ALL = "all"
    ONNX = "onnx"
    TORCHSCRIPT = "torchscript"
    PT2 = "pt2"


@app.command(epilog=epilog("export"))
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A loss, see 'losskit list'.")],
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter: 1.5, inf, true, none, 1,2,3; may be given again."),
    ] = None,
    reduction: Annotated[Reduction, typer.Option(help="What becomes of the values of a batch.")] = Reduction.MEAN,
    to: Annotated[list[Target] | None, typer.Option(help="What to write; may be given again.")] = None,
    grad: Annotated[bool, typer.Option("--grad", help="Also write a graph of value and gradients.")] = False,
    size: Annotated[
        list[str] | None, typer.Option(metavar="AXIS=N", help="Fix the size of an axis; may be given again.")
    ] = None,
    rank: Annotated[
        list[str] | None,
        typer.Option(metavar="SYMBOL=N", help="Axes that a shape symbol such as *spatial stands for; 2 if left out."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="INPUT", help="An optional input to leave out; may be given again.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where to; losskit-artifacts/NAME if left out."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an artifact that is already there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Write a loss as graphs for other runtimes.

    The folder holds ONNX, TorchScript and torch.export files, test vectors in the layout of the ONNX project, and a
    manifest. Nothing is written before every file has been run and compared with the loss.
    """
    from losskit.cli.parameters import parse
    from losskit.registry import get

    place = directory if directory is not None else ARTIFACTS / name
    with output.aside():
        values = parse(get(name), param or [])
        from losskit.export.artifact import export as run

        manifest = run(
            name,
            place,
            parameters=values,
            reduction=reduction.value,
            grad=grad,
            targets=_targets(to or [Target.ALL]),
            force=force,
            sizes=_numbers("--size", size or []),
            ranks=_numbers("--rank", rank or [], prefix="*"),
            without=tuple(without or ()),
        )
    if as_json:
        output.show_json(directory=str(place), manifest=output.data(manifest))
    else:
        output.show(_page(manifest, place))
        output.hint(f"replay it with: losskit verify {place}")


def _targets(given: list[Target]) -> tuple[str, ...]:
    every = (Target.ONNX, Target.TORCHSCRIPT, Target.PT2)
    return tuple(target.value for target in every if target in given or Target.ALL in given)


def _numbers(option: str, given: list[str], prefix: str = "") -> dict[str, int]:
    """Whole numbers by name; ``prefix`` may be left out, because shells read it."""
    values: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if not name or not number.isdecimal():
            raise typer.BadParameter(f"{option} takes a name and a whole number such as C=3, found {text!r}")
        values[prefix + name.removeprefix(prefix)] = int(number)
    return values


def _page(manifest: Manifest, place: Path) -> list[Block]:
    omitted = tuple(manifest.omitted.items())
    blocks: list[Block] = [
        Heading(f"{manifest.loss} in {place}"),
        Grid(("file", "bytes", "sha256"), tuple(_files(manifest)), right=frozenset({"bytes"})),
    ]
    if omitted:
        blocks += [Heading("Not written"), Grid(("file", "reason"), omitted)]
    return [*blocks, *(Paragraph(note) for note in manifest.notes)]


def _files(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Files in the artifact folder itself, then the folders of test vectors with what they hold together."""
    folders: dict[str, list[int]] = {}
    for path, file in manifest.files.items():
        folder, _, _ = path.rpartition("/")
        if folder:
            folders.setdefault(folder, []).append(file.bytes)
        else:
            yield path, f"{file.bytes:,}", file.sha256
    for folder, sizes in folders.items():
        yield f"{folder}/", f"{sum(sizes):,}", f"({len(sizes)} files)"
