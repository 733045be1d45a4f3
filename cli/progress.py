"""How far a verification run is, on stderr: a live bar on a terminal, a line a loss everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from losskit.conformance.report import LossReport

    Callback = Callable[[int, int, LossReport | None], None]


@contextmanager
def progress() -> Iterator[Callback]:
    """What a run calls with the losses done, those in all, and the report of the one just finished."""
    if sys.stderr.isatty():
        with _live() as callback:
            yield callback
    else:
        yield _print


def _print(done: int, total: int, loss: LossReport | None) -> None:
    if loss is not None:
        from losskit.conformance.report import line

        typer.echo(f"[{done}/{total}] {line(loss)}", err=True)


@contextmanager
def _live() -> Iterator[Callback]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from losskit.conformance.report import line

    columns = (SpinnerColumn(), TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task("verifying", total=None)

        def callback(done: int, total: int, loss: LossReport | None) -> None:
            bar.update(task, completed=done, total=total)
            if loss is not None:
                bar.console.print(Text(line(loss)))

        yield callback
