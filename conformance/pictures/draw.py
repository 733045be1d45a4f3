"""Pictures as PNG or SVG by matplotlib, the same bytes every time."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import torch

from losskit.conformance.pictures.ink import COLOURS, FIELD, RULE, STYLES, TEXT
from losskit.conformance.pictures.limits import field_limits, limits
from losskit.conformance.pictures.model import Line, Picture, Row, Surface
from losskit.conformance.pictures.surface import coordinates
from losskit.conformance.report.files import write_bytes
from losskit.spec.errors import MissingExtraError, PictureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
WIDTH, HEIGHT = 3.5, 2.6  # of a panel, in inches
RESOLUTION = 160  # of a PNG, in dots an inch
LEVELS = 9  # about so many steps of a field, at round numbers
CHARACTER = 0.085  # inches of a legend
SETTINGS = {
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and takes few bytes
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "path.simplify_threshold": 0.2,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": RULE,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.titlesize": 9.0,
    "axes.unicode_minus": True,
}
_PATH = re.compile(r'( d=")([^"]+)')
_NUMBER = re.compile(r"-?\d+\.\d+")
_UPRIGHT = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_METADATA = re.compile(r"<!DOCTYPE[^>]*>\s*| *<metadata>.*?</metadata>\n", re.DOTALL)
_SPACE = re.compile(r"\n\s+")
SIGN = 400  # characters of a path that is a mark of its own rather than a curve


def suffix_of(path: FilePath) -> str:
    """What kind of picture a file name asks for.

    Raises:
        PictureError: another one than PNG and SVG.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise PictureError(
            f"a picture is written as .png or .svg, found {path.name!r}; choose one of these two suffixes"
        )
    return suffix


def write(shown: Picture, path: FilePath) -> None:
    """Draw a picture into a file, PNG or SVG by its suffix; missing folders are made.

    Raises:
        PictureError: another suffix.
        MissingExtraError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    write_bytes(path, render(shown, suffix_of(path)))


def require() -> None:
    """Make sure that pictures can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "a picture needs matplotlib, which is not installed; run: pip install 'losskit[plot]'"
        ) from error


def render(shown: Picture, suffix: str) -> bytes:
    """A picture as the bytes of a file, transparent.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require()
    with house_style(shown.name):
        return to_bytes(_figure(shown), suffix, shown.in_words())


@contextmanager
def house_style(salt: str) -> Iterator[None]:
    """Matplotlib's own defaults with our few changes, whatever the reader's configuration says.

    Args:
        salt: what ids inside of an SVG are made from.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        changed: Any = {**SETTINGS, "svg.hashsalt": salt}
        matplotlib.rcParams.update(changed)
        yield


def to_bytes(figure: Figure, suffix: str, description: str) -> bytes:
    """A figure as a file; equal figures make equal bytes."""
    buffer = io.BytesIO()
    if suffix == ".png":
        figure.savefig(buffer, format="png", dpi=RESOLUTION, transparent=True, metadata={"Software": None})
        return buffer.getvalue()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Title": description, "Date": None})
    text = _UPRIGHT.sub("", _METADATA.sub("", buffer.getvalue().decode()))
    return _SPACE.sub("\n", _PATH.sub(_rounded, text)).encode()


def _rounded(found: re.Match[str]) -> str:
    """A path with coordinates to a tenth of a point, signs to a hundredth: nobody sees more, and the file is half as large."""
    digits = 1 if len(found[2]) > SIGN else 2
    numbers = _NUMBER.sub(lambda n: f"{float(n[0]):.{digits}f}".rstrip("0").rstrip("."), found[2])
    return found[1] + " ".join(numbers.split())


def _figure(shown: Picture) -> Figure:
    from matplotlib.figure import Figure

    wide = shown.surface is not None
    columns, rows = (3 if wide else 2), len(shown.rows)
    notes = textwrap.wrap(" ".join(shown.notes), width=52 * columns)
    figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows + 0.75 + 0.16 * len(notes)), layout="constrained")
    grid = figure.add_gridspec(rows, columns)
    for number, row in enumerate(shown.rows):
        value, slope = figure.add_subplot(grid[number, 0]), figure.add_subplot(grid[number, 1])
        _panel(value, row, "value", [line.value for line in row.lines])
        _panel(slope, row, "slope", [line.slope for line in row.lines])
    if shown.surface is not None:
        _plane(figure, figure.add_subplot(grid[:, 2]), shown.surface)
    figure.suptitle(shown.title, fontsize=11, fontweight="bold")
    _legend(figure, shown, notes)
    return figure


def _legend(figure: Figure, shown: Picture, notes: list[str]) -> None:
    """One legend where rows share their lines, else one a row; notes stand in it."""
    named = [[line.label for line in row.lines] for row in shown.rows]
    alike = all(labels == named[0] for labels in named)
    for axes in [] if alike else figure.axes[: 2 * len(shown.rows) : 2]:
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, handlelength=3.2, fontsize=8)
    handles, labels = figure.axes[0].get_legend_handles_labels() if alike else ([], [])
    if not handles and not notes:
        return
    each = 0.75 + CHARACTER * max(map(len, labels), default=1)
    columns = max(1, min(len(labels), int(figure.get_figwidth() / each)))
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        handlelength=3.2,
        title="\n".join(notes) or None,
        title_fontsize=8,
    )


def _panel(axes: Axes, row: Row, what: str, curves: list[torch.Tensor]) -> None:
    low, high = limits(curves)
    if low < 0 < high:
        axes.axhline(0, color=RULE, linewidth=0.6, alpha=0.7)
    for number, (line, curve) in enumerate(zip(row.lines, curves, strict=True)):
        gaps = line.jumps if what == "value" else (*line.kinks, *line.jumps)
        x, y = _broken(line, curve, gaps)
        ink: Any = {"color": COLOURS[number % len(COLOURS)], "linestyle": STYLES[number % len(STYLES)]}
        axes.plot(x.tolist(), y.tolist(), linewidth=1.7, label=line.label or None, **ink)
        if what == "value" and line.kinks:
            _mark_kinks(axes, line, ink["color"])
    axes.set_ylim(low, high)
    axes.set_xlim(float(row.lines[0].x[0]), float(row.lines[0].x[-1]))
    axes.set_xlabel("\n".join(textwrap.wrap(row.axis, 46)))
    axes.set_title(f"{what}, {row.title}" if row.title else what, loc="left")
    spare(axes)


def _broken(line: Line, curve: torch.Tensor, places: tuple[float, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """The curve with a gap where it jumps: no upright stroke stands for a value that is not taken."""
    gaps = torch.tensor(places, dtype=line.x.dtype)
    x, order = torch.cat([line.x, gaps]).sort()
    return x, torch.cat([curve, torch.full_like(gaps, torch.nan)])[order]


def _mark_kinks(axes: Axes, line: Line, colour: str) -> None:
    places = torch.tensor(line.kinks, dtype=line.x.dtype)
    right = torch.searchsorted(line.x, places).clamp(1, len(line.x) - 1)
    share = (places - line.x[right - 1]) / (line.x[right] - line.x[right - 1])
    height = line.value[right - 1] + share * (line.value[right] - line.value[right - 1])
    axes.plot(places.tolist(), height.tolist(), "o", markersize=4, color=colour, fillstyle="none", markeredgewidth=1.1)


def spare(axes: Axes) -> None:
    """Take away from axes what says nothing."""
    axes.grid(visible=True, linewidth=0.4, color=RULE, alpha=0.35)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=2.5)


def _plane(figure: Figure, axes: Axes, field: Surface) -> None:
    from matplotlib.ticker import MaxNLocator

    x, y = (c.tolist() for c in coordinates(field))
    low, high = field_limits(field.value)
    levels = MaxNLocator(LEVELS).tick_values(low, high)
    drawn = axes.tricontourf(x, y, field.value.clamp(low, high).tolist(), levels=levels, cmap=FIELD)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.8, pad=0.0, aspect=22, format="%.3g")
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2)
    note = f", {field.note}" if field.note else ""
    axes.set_title(f"value, label 0{note}", loc="left")
    if field.plane == "simplex":
        _corners(axes)
    else:
        axes.set_xlabel("score of the label above the others' mean")
        axes.set_ylabel("difference of the other two scores")
        axes.set_aspect("equal")
        axes.spines[["top", "right"]].set_visible(False)


def _corners(axes: Axes) -> None:
    tall = 3**0.5 / 2
    axes.set_aspect("equal")
    axes.set_axis_off()
    for x, y, word in ((0.0, tall + 0.03, "class 0"), (-0.5, -0.09, "class 1"), (0.5, -0.09, "class 2")):
        axes.text(x, y, word, ha="center", fontsize=8.5)
    axes.plot([-0.5, 0.5, 0.0, -0.5], [0.0, 0.0, tall, 0.0], color=RULE, linewidth=0.8)
    centre = tall / 3
    for x, y in ((0.0, 0.0), (0.25, tall / 2), (-0.25, tall / 2)):  # where another class begins to rank first
        axes.plot([0.0, x], [centre, y], color="white", linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlim(-0.56, 0.56)
    axes.set_ylim(-0.13, tall + 0.09)
