"""A report as a table, a row a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losskit.conformance.report.as_text import duration
from losskit.conformance.report.model import FELL, STOOD, LossReport, Report

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("loss", "claims", "stood", "fell", "errors", "n/a", "cases", "time")


def rows(report: Report) -> list[tuple[str, ...]]:
    """The cells of each loss, in the order of :data:`COLUMNS`."""
    return [_row(loss) for loss in report.losses]


def to_table(report: Report) -> Table:
    """The report for a terminal; losses with a claim that does not stand are marked."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "loss" else "right", overflow="fold")
    for loss in report.losses:
        table.add_row(*_row(loss), style=_style(loss))
    return table


def _row(loss: LossReport) -> tuple[str, ...]:
    counts = (loss.count(*STOOD), loss.count(*FELL), loss.count("error"), loss.count("not_applicable"))
    numbers = (len(loss.findings), *counts, loss.cases)
    return (loss.name, *(f"{number:,}" for number in numbers), duration(loss.seconds))


def _style(loss: LossReport) -> str:
    if loss.count(*FELL):
        return "bold red"
    return "yellow" if loss.count("error") else ""
