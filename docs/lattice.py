"""The losses as a graph: an arrow leads from a loss to the one it becomes at some of its parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from losskit.spec import LossSpec, describe_regime

WIDTH, HEIGHT, GAP, BETWEEN = 225, 24, 10, 110
SWEEPS = 8
FRAMEWORK = "torch.nn."
PAGE = """# How losses are related

An arrow leads from a loss to one that it equals, up to a factor, a constant or a limit, at some of its parameters; the
harness attacks every arrow. Point at an arrow to read where it holds; boxes lead to the pages of the losses, dashed ones
are the framework's own. An arrow with two heads is claimed from both ends.

{picture}

Losses without a relation to another: {alone}.
"""


@dataclass(frozen=True)
class Edge:
    """A relation that holds, from a loss to what it becomes.

    Attributes:
        start: the more general loss.
        end: what it becomes.
        words: how and where.
        mutual: whether the other loss says the same the other way round, with this one's parameters fixed.
    """

    start: str
    end: str
    words: str
    mutual: bool = False


@dataclass
class Layout:
    """Where the boxes stand: columns from the baselines to what generalises them, rows from top to bottom."""

    columns: list[list[str]] = field(default_factory=list)
    bends: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # free places a long arrow goes through

    def place(self, name: str) -> tuple[int, int]:
        """Left upper corner of a box."""
        for number, column in enumerate(self.columns):
            if name in column:
                tallest = max(len(c) for c in self.columns)
                top = (tallest - len(column)) * (HEIGHT + GAP) // 2 + column.index(name) * (HEIGHT + GAP)
                return number * (WIDTH + BETWEEN), top
        raise KeyError(name)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole."""
        columns, rows = len(self.columns), max((len(c) for c in self.columns), default=0)
        return columns * (WIDTH + BETWEEN) - BETWEEN, rows * (HEIGHT + GAP)


def edges(specs: Sequence[LossSpec]) -> list[Edge]:
    """Every relation that some spec claims to hold, one for each pair of losses, from the more general one."""
    words: dict[tuple[str, str], list[str]] = {}
    fixed: dict[tuple[str, str], int] = {}  # parameters of the other loss: a special case names those of its family
    for spec in specs:
        for claim in spec.links():
            relation = claim.property.model_dump()
            if claim.verdict == "holds" and relation["other"] != spec.name:
                at = ", ".join(f"{name} to {end}" for name, end in relation["limit"].items())
                where = " and ".join(part for part in (describe_regime(claim.when), at) if part) or "always"
                pair = (spec.name, relation["other"])
                words.setdefault(pair, []).append(f"{relation['relation']}: {where}")
                fixed[pair] = min(len(relation["parameters"]), fixed.get(pair, len(relation["parameters"])))
    popular = Counter(end for _, end in words)

    def generality(start: str, end: str) -> tuple[int, int, str]:
        return -fixed[start, end], -popular[start], start

    return [
        Edge(*pair, f"{pair[0]} and {pair[1]}: {'; '.join(found)}", pair[::-1] in words)
        for pair, found in words.items()
        if pair[::-1] not in words or generality(*pair) > generality(*pair[::-1])
    ]


def layout(given: Sequence[Edge]) -> Layout:
    """Columns by the longest way to a baseline, rows so that neighbours stand close."""
    ways: dict[str, list[str]] = {}
    for edge in given:
        ways.setdefault(edge.start, []).append(edge.end)
        ways.setdefault(edge.end, [])
    depths: dict[str, int] = {}
    for name in ways:
        _depth(name, ways, depths, ())
    columns: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for name in sorted(ways):
        columns[depths[name]].append(name)
    bends = {(e.start, e.end): _bends(e, depths) for e in given}
    for names in bends.values():
        for name in names:
            columns[depths[name]].append(name)
    neighbours: dict[str, set[str]] = {}
    for (start, end), names in bends.items():
        for one, other in pairwise((start, *names, end)):
            neighbours.setdefault(one, set()).add(other)
            neighbours.setdefault(other, set()).add(one)
    for _ in range(SWEEPS):
        heights = {n: row / len(column) for column in columns for row, n in enumerate(column)}
        for column in columns:
            column.sort(key=lambda n: sum(heights[o] for o in neighbours[n]) / len(neighbours[n]))
    return Layout(columns, bends)


def _bends(edge: Edge, depths: dict[str, int]) -> list[str]:
    """A name for the free place in each column that an arrow crosses, so that it runs behind no box."""
    crossed = range(depths[edge.start] - 1, depths[edge.end], -1)
    names = {f"{edge.start} {edge.end} {depth}": depth for depth in crossed}
    depths.update(names)
    return list(names)


def _depth(name: str, ways: Mapping[str, Sequence[str]], depths: dict[str, int], above: tuple[str, ...]) -> int:
    if name not in depths:  # losses that equal each other make a circle, which is cut where it closes
        below = [_depth(n, ways, depths, (*above, name)) for n in ways[name] if n not in (*above, name)]
        depths[name] = 1 + max(below, default=-1)
    return depths[name]


def picture(given: Sequence[Edge], known: Sequence[str]) -> str:
    """The graph as an SVG that takes its colours from the page."""
    found = layout(given)
    width, height = found.size
    arrows = "".join(_arrow(found, edge) for edge in given)
    boxes = "".join(_box(found, name, name in known) for column in found.columns for name in column if " " not in name)
    return (
        f'<svg class="lattice" viewBox="-2 -2 {width + 4} {height + 4}" role="img" aria-label="relations of losses">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0 8 4 0 8z"/></marker></defs>{arrows}{boxes}</svg>'
    )


def _arrow(found: Layout, edge: Edge) -> str:
    stops = [found.place(n) for n in (edge.start, *found.bends[edge.start, edge.end], edge.end)]
    middles = [(x, y + HEIGHT // 2) for x, y in stops]
    way = f"M{middles[0][0]} {middles[0][1]}"
    for (x, y), (end, end_y) in pairwise(middles):
        way += f"C{x - BETWEEN // 2} {y} {end + WIDTH + BETWEEN // 2} {end_y} {end + WIDTH} {end_y}L{end} {end_y}"
    way = way.rpartition("L")[0]  # the last box is reached, not crossed
    tips = 'marker-start="url(#tip)" marker-end="url(#tip)"' if edge.mutual else 'marker-end="url(#tip)"'
    return f'<path class="arrow" d="{way}" {tips}><title>{escape(edge.words)}</title></path>'


def _box(found: Layout, name: str, linked: bool) -> str:
    x, y = found.place(name)
    kind = "box" if linked else "box foreign"
    shown = escape(re.sub(f"^{re.escape(FRAMEWORK)}", "nn.", name))
    drawn = (
        f'<g class="{kind}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text x="{x + WIDTH // 2}" y="{y + HEIGHT // 2}">{shown}</text></g>'
    )
    return f'<a href="../{name}/">{drawn}</a>' if linked else drawn


def page(specs: Sequence[LossSpec]) -> str:
    """The page with the graph and what is not in it."""
    given = edges(specs)
    joined = {name for edge in given for name in (edge.start, edge.end)}
    alone = ", ".join(f"[{s.name}]({s.name}.md)" for s in specs if s.name not in joined) or "none"
    return PAGE.format(picture=picture(given, [s.name for s in specs]), alone=alone)
