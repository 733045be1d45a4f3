"""How far long work is, on stderr: a live bar on a terminal, a line for each finished part everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

Callback = Callable[[int, int, Any], None]


@contextmanager
def progress(what: str, line: Callable[[Any], str]) -> Iterator[Callback]:
    """What work calls with the parts done, those in all, and the part just finished, if one was.

    Args:
        what: is being done, for the bar.
        line: says a finished part in one line.
    """
    if sys.stderr.isatty():
        with _live(what, line) as callback:
            yield callback
    else:

        def callback(done: int, total: int, part: Any) -> None:
            if part is not None:
                typer.echo(f"[{done}/{total}] {line(part)}", err=True)

        yield callback


@contextmanager
def _live(what: str, line: Callable[[Any], str]) -> Iterator[Callback]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def callback(done: int, total: int, part: Any) -> None:
            bar.update(task, completed=done, total=total)
            if part is not None:
                bar.console.print(Text(line(part)))

        yield callback
