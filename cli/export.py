"""`losskit export`: a loss as graphs and archives that other runtimes load."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog
from losskit.cli.export_all import page_of_all, write_all
from losskit.cli.extensions import completions, names
from losskit.cli.failures import FELL, STOOD
from losskit.cli.page import Block, Grid, Heading, Paragraph
from losskit.cli.parameters import parse, words
from losskit.cli.runtimes import (
    check_runtimes,
    complete_runtimes,
    known_runtimes,
    page_of_replay,
    replay,
    warn_of_programs,
)
from losskit.registry.extensions import TARGETS, own

if TYPE_CHECKING:
    from losskit.export.manifest import Manifest

app = typer.Typer(rich_markup_mode=None, add_completion=False)
ARTIFACTS = Path("losskit-artifacts")


class Reduction(StrEnum):
    """What becomes of the values of a batch."""

    MEAN = "mean"
    SUM = "sum"
    NONE = "none"


class GradientOf(StrEnum):
    """What of the values a gradient is taken of."""

    SUM = "sum"
    MEAN = "mean"
    WEIGHTED = "weighted"


class Dtype(StrEnum):
    """Dtypes of inputs."""

    FLOAT16 = "float16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"


@app.command(epilog=epilog("export"))
def export(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A loss, see 'losskit list', or PACKAGE.MODULE:NAME; left out with --all.",
            autocompletion=losses,
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter: 1.5, inf, true, none, 1,2,3; may be given again."),
    ] = None,
    reduction: Annotated[Reduction, typer.Option(help="What becomes of the values of a batch.")] = Reduction.MEAN,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            callback=names(TARGETS, "all"),
            autocompletion=completions(TARGETS, "all"),
            help=f"What to write: {', '.join(own(TARGETS))}, one of an extension, or all; may be given again. Losskit's "
            "own if left out.",
        ),
    ] = None,
    grad: Annotated[bool, typer.Option("--grad", help="Also write a graph of value and gradients.")] = False,
    grad_of: Annotated[
        GradientOf | None,
        typer.Option(
            help="Take the gradient of the values' sum or mean, or of their sum weighted by an input grad_output, the "
            "gradient that arrives from behind. Implies --grad; sum if left out."
        ),
    ] = None,
    dynamic: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARAMETER", help="A real parameter that the graphs take as an input; may be given again, or a,b,c."
        ),
    ] = None,
    dynamic_grad: Annotated[
        bool, typer.Option("--dynamic-grad", help="Give gradients with respect to these parameters, too.")
    ] = False,
    dtype: Annotated[
        Dtype,
        typer.Option(
            help="Of the floating-point inputs. The value of float16 inputs is float32, their gradients float16."
        ),
    ] = Dtype.FLOAT32,
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
    everything: Annotated[
        bool,
        typer.Option("--all", help="Write every built-in loss, each into a folder of its name, and an index.json."),
    ] = False,
    variants: Annotated[
        bool,
        typer.Option(
            "--variants",
            help="With --all, write each loss at one other set of parameters, too, into NAME--other: those of its first "
            "worked example that differ from the defaults.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="With --all, folders written at a time; one a core if left out."),
    ] = None,
    verify_with: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            callback=check_runtimes,
            autocompletion=complete_runtimes,
            help=f"Replay what was written in this runtime, too; may be given again, or a,b. One of {known_runtimes()}.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an artifact that is already there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Write a loss as graphs for other runtimes.

    The folder holds ONNX, TorchScript and torch.export files, test vectors in the layout of the ONNX project, and a
    manifest. Nothing is written before every file has been run and compared with the loss.

    The exit status is 0 if all was written, 1 if a loss cannot be exported or a replay gives other numbers, 2 if the
    command was wrong and 3 if something could not be run.
    """
    grad = grad or grad_of is not None
    single = {
        "--param": param,
        "--grad-of": grad_of,
        "--dynamic": dynamic,
        "--size": size,
        "--rank": rank,
        "--without": without,
    }
    if everything == (name is not None):
        raise typer.BadParameter("name one loss, or write all of them with --all")
    if everything and any(single.values()):
        given = next(option for option, value in single.items() if value)
        raise typer.BadParameter(f"--all writes every loss as it is by default, so {given} cannot be given with it")
    if variants and not everything:
        raise typer.BadParameter("--variants goes with --all; the parameters of one loss are given with --param")
    runtimes = tuple(verify_with or [])
    _check_runtimes(runtimes)
    what: dict[str, Any] = {"reduction": reduction.value, "grad": grad, "dtype": dtype.value}
    what |= {"targets": tuple(to) if to else None, "force": force}
    if name is None:
        place = directory if directory is not None else ARTIFACTS
        index = write_all(place, jobs, {**what, "others": variants})
        folders = [str(place / entry.directory) for entry in index.losses.values() if entry.directory]
        answer, page, complete = {"index": output.data(index)}, page_of_all(index, place), index.ok
    else:
        place = directory if directory is not None else ARTIFACTS / name.rpartition(":")[2]
        axes: dict[str, Any] = {
            "sizes": _numbers("--size", size or []),
            "ranks": _numbers("--rank", rank or [], prefix="*"),
        }
        axes["without"] = tuple(without or ())
        axes["dynamic"] = words(dynamic)
        axes["dynamic_grad"] = dynamic_grad
        axes["gradient_of"] = (grad_of or GradientOf.SUM).value
        manifest = _write(name, place, param or [], {**what, **axes})
        folders = [str(place)]
        answer, page, complete = {"manifest": output.data(manifest)}, _page(manifest, place), True
    report = replay(folders, runtimes) if runtimes else None
    if as_json:
        output.show_json(directory=str(place), **answer, **({"replay": output.data(report)} if report else {}))
    else:
        output.show([*page, *(page_of_replay(report) if report else ())])
        output.hint(
            f"replay it with: losskit verify {place}" if name else f"replay one with: losskit verify {place}/NAME"
        )
    raise typer.Exit(max(STOOD if complete else FELL, report.exit_code if report else STOOD))


def _check_runtimes(runtimes: tuple[str, ...]) -> None:
    """Find out before the work, not after it, that a runtime is not ready."""
    if runtimes:
        from losskit.export.runtimes.table import choose

        choose(runtimes)
        warn_of_programs(runtimes)


def _write(name: str, place: Path, param: list[str], options: dict[str, Any]) -> Manifest:
    from losskit.registry import is_place, load
    from losskit.spec.errors import NotExportableError

    if is_place(name) and os.getcwd() not in sys.path:  # as python -m finds modules
        sys.path.insert(0, os.getcwd())
    with output.aside():
        values = parse(load(name)[0], param)
        from losskit.export.artifact import export as run

        try:
            return run(name, place, parameters=values, **options)
        except NotExportableError as error:  # an answer, no mishap
            output.hint(" ".join(str(error).split()))
            raise typer.Exit(FELL) from error


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
