"""Plots of violations as inline SVG: how the cases of claims are spread, and how close each claim came."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from losskit.conformance.report.as_text import NAMES, times
from losskit.conformance.report.matrix import Cell, Entry, Matrix
from losskit.conformance.report.model import HIGHEST, LOWEST, Margins

ZONES = (("sound", -math.inf, 0), ("doubtful", 0, 1), ("broken", 1, math.inf))  # decades: rounding, undecided, broken
TICKS = range(LOWEST + 2, HIGHEST + 1, 2)
STEP = 7  # pixels between dots that would cover each other


def histogram(margins: Margins, width: int = 360, height: int = 96) -> str:
    """Cases by the decade of their violation, on a logarithmic scale of counts."""
    axis = _Axis(left=46, right=width - 8, bottom=height - 18, top=12)
    root = _drawing(width, height, f"Cases by violation in tolerances: {_in_words(margins)}")
    _zones(root, axis)
    top = math.log1p(max([margins.none, *margins.decades.values(), 1]))
    for place, count in ((None, margins.none), *sorted(margins.decades.items())):
        if count:
            _bar(root, axis, place, count, top)
    _scale(root, axis)
    return _text_of(root)


def strip(matrix: Matrix, width: int = 1100, row: int = 22) -> str:
    """A row a kind of property, a dot a claim at its worst violation; empty where no violation has a size."""
    every = ((kind, [e for c in cells if c for e in c.entries]) for kind, cells in _columns(matrix))
    sized = ((kind, [e for e in entries if e.finding.worst is not None]) for kind, entries in every)
    rows = {kind: entries for kind, entries in sized if entries}
    if not rows:
        return ""
    axis = _Axis(left=250, right=width - 12, bottom=24 + row * len(rows), top=20)
    root = _drawing(width, axis.bottom + 24, "The worst violation of every claim, in tolerances, by kind of property")
    root.set("role", "group")  # it holds links
    _zones(root, axis)
    for number, (kind, entries) in enumerate(rows.items()):
        middle = axis.top + row * number + row / 2 + 4
        _label(root, 170, middle + 4, kind or "plugin", "end")
        _line(root, axis.left, middle, axis.right, middle)
        _dots(root, axis, entries, middle)
    _scale(root, axis)
    return _text_of(root)


def short(count: int) -> str:
    """A count in as few characters as fit above a bar: ``999``, ``1.2k``, ``34M``."""
    for size, unit in ((10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.2g}{unit}" if count < 100 * size else f"{count // size}{unit}"
    return str(count)


class _Axis:
    """The logarithmic axis of violations, with a place of its own for cases without any."""

    def __init__(self, left: int, right: int, bottom: int, top: int) -> None:
        self.left, self.right, self.bottom, self.top = left, right, bottom, top
        self.none = left - 24

    @property
    def decade(self) -> float:
        """Width of a decade."""
        return (self.right - self.left) / (HIGHEST + 1 - LOWEST)

    def at(self, power: float) -> float:
        """Where a power of ten lies; what is beyond the ends lies on them."""
        return self.left + (min(max(power, LOWEST), HIGHEST + 1) - LOWEST) * self.decade


def _columns(matrix: Matrix) -> Iterable[tuple[str, list[Cell | None]]]:
    return ((kind, [cells[place] for _, cells in matrix.rows]) for place, kind in enumerate(matrix.kinds))


def _drawing(width: int, height: int, label: str) -> Element:
    return Element("svg", {"class": "plot", "viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": label})


def _zones(root: Element, axis: _Axis) -> None:
    for name, low, high in ZONES:
        left, right = axis.at(low), axis.at(high)
        _box(root, left, axis.top, right - left, axis.bottom - axis.top, f"zone {name}")


def _scale(root: Element, axis: _Axis) -> None:
    _line(root, axis.left, axis.bottom, axis.right, axis.bottom)
    _label(root, axis.none, axis.bottom + 13, "none", "middle")
    for power in TICKS:
        _label(root, axis.at(power), axis.bottom + 13, "1" if power == 0 else f"1e{power}", "middle")


def _bar(root: Element, axis: _Axis, place: int | None, count: int, top: float) -> None:
    height = (axis.bottom - axis.top) * math.log1p(count) / top
    zone = "sound" if place is None else next(name for name, low, high in ZONES if low <= place < high)
    left, width = (axis.none - 9, 18.0) if place is None else (axis.at(place) + 1, axis.decade - 2)
    box = _box(root, left, axis.bottom - height, width, height, f"bar {zone}")
    SubElement(box, "title").text = f"{_decade(place)}: {count:,} cases"
    if axis.decade >= 30 or place is None:
        _label(root, left + width / 2, axis.bottom - height - 2, short(count), "middle")


def _dots(root: Element, axis: _Axis, entries: list[Entry], middle: float) -> None:
    none = [entry for entry in entries if not entry.finding.worst]
    if none:
        _label(root, axis.none, middle + 4, str(len(none)), "middle")
    taken: dict[int, int] = {}
    for entry in sorted(entries, key=lambda e: e.finding.worst or 0.0):
        worst = entry.finding.worst
        if worst:
            x = axis.at(math.log10(worst))
            turn = taken[round(x / STEP)] = taken.get(round(x / STEP), -1) + 1
            _dot(root, entry, x, middle + (0, -5, 5)[turn % 3])


def _dot(root: Element, entry: Entry, x: float, y: float) -> None:
    found = entry.finding
    link = SubElement(root, "a", {"href": f"#{entry.anchor}", "class": f"dot {found.outcome}", "tabindex": "-1"})
    title = f"{entry.loss}: {found.claim}: {NAMES[found.outcome]}, {times(found.worst or 0.0)} the tolerance"
    if found.outcome == "held":
        shape = SubElement(link, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"})
    else:  # another shape, so that it is told from the others without colour
        corners = ((0, -5), (5, 0), (0, 5), (-5, 0)) if found.stood else ((-5, -4), (5, -4), (0, 5))
        points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
        shape = SubElement(link, "polygon", {"points": points})
    SubElement(shape, "title").text = title


def _in_words(margins: Margins) -> str:
    counts = [("none", margins.none), *((_decade(d), n) for d, n in sorted(margins.decades.items()))]
    return ", ".join(f"{name}: {count:,}" for name, count in counts if count)


def _decade(place: int | None) -> str:
    if place is None:
        return "no violation"
    if place == LOWEST:
        return f"below 1e{LOWEST + 1}"
    return f"from 1e{place}" if place == HIGHEST else f"1e{place} to 1e{place + 1}"


def _box(root: Element, x: float, y: float, width: float, height: float, name: str) -> Element:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{max(width, 0):.1f}", "height": f"{height:.1f}"}
    return SubElement(root, "rect", {**place, "class": name})


def _line(root: Element, x: float, y: float, to_x: float, to_y: float) -> None:
    SubElement(root, "line", {"x1": f"{x:.1f}", "y1": f"{y:.1f}", "x2": f"{to_x:.1f}", "y2": f"{to_y:.1f}"})


def _label(root: Element, x: float, y: float, text: str, anchor: str) -> None:
    SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}).text = text


def _text_of(root: Element) -> str:
    return ElementTree.tostring(root, encoding="unicode")
