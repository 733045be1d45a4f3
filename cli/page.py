"""What commands show, before it is known where: headings, paragraphs, tables and code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Code:
    """Lines to be copied as they are."""

    text: str
    margin: str = "    "


@dataclass(frozen=True)
class Grid:
    """A table; without rows nothing is shown.

    Attributes:
        columns: their names.
        rows: cells of one line each.
        right: columns that hold numbers.
        titled: whether the names of the columns are shown.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[str] = frozenset()
    titled: bool = True


Block = Heading | Paragraph | Code | Grid
Page = Sequence[Block]
