"""A page on a terminal: wrapped to its width, headings and column names set off."""

from __future__ import annotations

from textwrap import indent

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from losskit.cli.page import Block, Code, Grid, Heading, Page, Paragraph


def show(page: Page, console: Console) -> None:
    """Print a page; blocks are parted by an empty line, a heading stays with what it heads."""
    headed = True
    for block in page:
        if isinstance(block, Grid) and not block.rows:
            continue
        if not headed:
            console.print()
        _show(block, console)
        headed = isinstance(block, Heading)


def _show(block: Block, console: Console) -> None:
    match block:
        case Heading(text):
            console.print(Text(text, style="bold cyan"))
        case Paragraph(text):
            console.print(Text(" ".join(text.split())))
        case Code(text, margin):  # never wrapped: it is there to be copied
            console.print(Text(indent(text.rstrip(), margin)), soft_wrap=True)
        case Grid():
            console.print(Padding(_table(block), (0, 0, 0, 2)) if console.width >= 60 else _table(block))


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=grid.titled)
    for name in grid.columns:
        table.add_column(name, justify="right" if name in grid.right else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
