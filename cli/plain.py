"""A page as plain text: aligned columns, nothing cut, wrapped or coloured, so that grep, cut and diff can use it."""

from __future__ import annotations

from textwrap import indent

from losskit.cli.page import Block, Code, Grid, Heading, Page, Paragraph


def render(page: Page) -> str:
    """The text of a page; blocks are parted by an empty line, a heading stays with what it heads."""
    parts: list[str] = []
    headed = True
    for block in page:
        text = _render(block)
        if text:
            parts.append(text if headed else f"\n{text}")
            headed = isinstance(block, Heading)
    return "\n".join(parts) + "\n"


def _render(block: Block) -> str:
    match block:
        case Heading(text):
            return text
        case Paragraph(text):
            return " ".join(text.split())
        case Code(text, margin):
            return indent(text.rstrip(), margin)
        case Grid():
            return _grid(block) if block.rows else ""


def _grid(grid: Grid) -> str:
    lines = [tuple(name.upper() for name in grid.columns)] if grid.titled else []
    lines += [tuple(" ".join(cell.split()) for cell in row) for row in grid.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(grid.columns))]
    right = [name in grid.right for name in grid.columns]
    return "\n".join(_line(line, widths, right) for line in lines)


def _line(cells: tuple[str, ...], widths: list[int], right: list[bool]) -> str:
    padded = [
        cell.rjust(width) if numeric else cell.ljust(width)
        for cell, width, numeric in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()
