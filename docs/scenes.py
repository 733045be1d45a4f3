"""How a property looks on the curve of one loss: each scene draws one side of a picture of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from matplotlib.axes import Axes
from torch import Tensor

from losskit.conformance.pictures import Path, trace
from losskit.conformance.pictures.ink import COLOURS, RULE
from losskit.conformance.pictures.views import view_of
from losskit.conformance.subject import Subject

Scene = Callable[[Axes, Subject], None]
CURVE, MARK, OTHER = COLOURS[:3]
POINTS = 200
SCORES = torch.linspace(-4, 4, POINTS, dtype=torch.float64)
TARGETS = (0.0, 0.2, 0.5, 0.9, 3.0)


def path_of(subject: Subject, number: int = 0) -> Path:
    """What the picture of the loss walks along."""
    return view_of(subject.spec).paths(subject)[number]


def curve(axes: Axes, subject: Subject) -> tuple[Tensor, Tensor]:
    """Draw the value of a loss along the path of its own picture."""
    path = path_of(subject)
    x = torch.linspace(path.low, path.high, POINTS, dtype=torch.float64)
    y = value(subject, path, x)
    plot(axes, x, y, CURVE)
    axes.set_xlabel(path.axis)
    return x, y


def value(subject: Subject, path: Path, x: Tensor) -> Tensor:
    """Values at positions of a path."""
    return subject.value(path.at(x)).double()


def plot(axes: Axes, x: Tensor, y: Tensor, colour: str, dashed: bool = False, width: float = 1.7) -> None:
    """A curve, solid or dashed."""
    axes.plot(x.tolist(), y.tolist(), color=colour, linewidth=width, linestyle=(0, (4, 2)) if dashed else "solid")


def dots(axes: Axes, x: Tensor, y: Tensor, colour: str = MARK) -> None:
    """Points that something is said of."""
    axes.plot(x.tolist(), y.tolist(), "o", color=colour, markersize=4)


def chord(low: float, high: float) -> Scene:
    """The chord between two points of the curve, given as shares of its path."""

    def scene(axes: Axes, subject: Subject) -> None:
        curve(axes, subject)
        path = path_of(subject)
        ends = path.low + (path.high - path.low) * torch.tensor([low, high], dtype=torch.float64)
        heights = value(subject, path, ends)
        plot(axes, ends, heights, MARK, dashed=True)
        dots(axes, ends, heights)

    return scene


def level(height: float) -> Scene:
    """A level, and the positions whose values lie below it."""

    def scene(axes: Axes, subject: Subject) -> None:
        x, y = curve(axes, subject)
        axes.axhline(height, color=MARK, linewidth=1, linestyle=(0, (4, 2)))
        bottom = float(y.min()) - 0.08 * float(y.max() - y.min())
        below = torch.where(y < height, torch.full_like(y, bottom), torch.full_like(y, torch.nan))
        plot(axes, x, below, MARK, width=4)

    return scene


def cone(at: float) -> Scene:
    """The cone of slope 1 at one point, in which no other point may lie."""

    def scene(axes: Axes, subject: Subject) -> None:
        x, y = curve(axes, subject)
        height = float(value(subject, path_of(subject), torch.tensor([at], dtype=torch.float64)))
        spread = (x - at).abs()
        for sign in (1, -1):
            far = height + sign * 1000.0
            axes.fill_between(x.tolist(), (height + sign * spread).tolist(), far, color=MARK, alpha=0.22, linewidth=0)
        dots(axes, torch.tensor([at]), torch.tensor([height]))
        axes.set_ylim(float(y.min()) - 0.5, min(float(y.max()), 9.0) + 0.5)

    return scene


def bowl(curvature: float) -> Scene:
    """The parabola that touches the curve at one point."""

    def scene(axes: Axes, subject: Subject) -> None:
        x, y = curve(axes, subject)
        with torch.enable_grad():
            line = trace(subject, path_of(subject))
        place = len(line.x) // 3
        step = x - line.x[place]
        above = line.value[place] + line.slope[place] * step + curvature / 2 * step.square()
        plot(axes, x, above, MARK, dashed=True)
        dots(axes, line.x[place : place + 1], line.value[place : place + 1])
        axes.set_ylim(-0.3, float(y.max()) + 0.3)

    return scene


def rising(axes: Axes, subject: Subject) -> None:
    """The curve with the stretches in which it rises."""
    x, y = curve(axes, subject)
    up = torch.cat([y.diff() > 1e-9, torch.tensor([False])])
    plot(axes, x, torch.where(up, y, torch.full_like(y, torch.nan)), MARK, width=4)


def band() -> Scene:
    """The least and the largest value that the claim of a bounded loss names."""

    def scene(axes: Axes, subject: Subject) -> None:
        curve(axes, subject)
        for height in (0.0, 1.0):
            axes.axhline(height, color=MARK, linewidth=1.2, linestyle=(0, (4, 2)))

    return scene


def above_zero(axes: Axes, subject: Subject) -> None:
    """The line at 0 and what lies below it."""
    x, y = curve(axes, subject)
    axes.axhline(0, color=MARK, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.fill_between(x.tolist(), y.clamp(max=0).tolist(), 0, color=MARK, alpha=0.3, linewidth=0)


def slope(axes: Axes, subject: Subject) -> None:
    """The slope, with a gap where it jumps."""
    with torch.enable_grad():
        line = trace(subject, path_of(subject))
    parts = torch.tensor([line.x[0] - 1, *line.kinks, line.x[-1] + 1], dtype=torch.float64)
    for low, high in pairwise(parts.tolist()):
        inside = (line.x > low) & (line.x < high)
        plot(axes, line.x[inside], line.slope[inside], CURVE)
    for kink in line.kinks:
        axes.axvline(kink, color=MARK, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.set_xlabel(path_of(subject).axis)
    axes.set_ylabel("slope")


def doubled(degrees: Mapping[str, int]) -> Scene:
    """The value at the double argument, and what homogeneity says of it."""

    def scene(axes: Axes, subject: Subject) -> None:
        path = path_of(subject)
        x = torch.linspace(path.low, path.high, POINTS, dtype=torch.float64)
        plot(axes, x, value(subject, path, 2 * x), CURVE)
        plot(axes, x, 2 ** degrees[subject.spec.name] * value(subject, path, x), MARK, dashed=True)
        axes.set_xlabel("residual r; the curve is the value at 2 r")

    return scene


def shifted(axes: Axes, subject: Subject) -> None:
    """The value of three rows of scores as a number is added to them."""
    for row, dashed in (([1.5, 0.0, -0.5], False), ([-0.5, 0.5, 0.0], True)):
        scores = torch.tensor(row, dtype=torch.float64) + SCORES[:, None]
        data = {"logits": scores, "target": torch.zeros(POINTS, dtype=torch.int64)}
        plot(axes, SCORES, subject.value(data), MARK if dashed else CURVE, dashed)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("number added to all scores")


def _of_label(subject: Subject, label: int, scores: Tensor) -> Tensor:
    rows = torch.stack([scores, torch.zeros_like(scores)], 1)
    return subject.value({"logits": rows, "target": torch.full(scores.shape, label)})


def label_sum(axes: Axes, subject: Subject) -> None:
    """The values of both labels, and their sum."""
    first, second = (_of_label(subject, label, SCORES) for label in (0, 1))
    plot(axes, SCORES, first, CURVE)
    plot(axes, SCORES, second, OTHER)
    plot(axes, SCORES, first + second, MARK, dashed=True)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("score of class 0 less that of class 1")


def mirrored(axes: Axes, subject: Subject) -> None:
    """The value of the one label, and the mirror image of the other's."""
    x, _ = curve(axes, subject)
    plot(axes, x, value(subject, path_of(subject, 1), -x), MARK, dashed=True)


def risk_of_score(share: float) -> Scene:
    """The expected loss by the score, with its minimum."""

    def scene(axes: Axes, subject: Subject) -> None:
        one, zero = (value(subject, path_of(subject, number), SCORES) for number in (0, 1))
        risk = share * one + (1 - share) * zero
        plot(axes, SCORES, risk, CURVE)
        axes.axvline(0, color=RULE, linewidth=0.8)
        _minimum(axes, SCORES, risk)
        axes.set_xlabel("score; positive means class 1")

    return scene


def risk_of_report(share: float) -> Scene:
    """The expected loss by the probability that scores state, with its minimum."""

    def scene(axes: Axes, subject: Subject) -> None:
        stated = torch.linspace(0.005, 0.995, 199, dtype=torch.float64)
        scores = stated.logit()
        risk = share * _of_label(subject, 0, scores) + (1 - share) * _of_label(subject, 1, scores)
        plot(axes, stated, risk, CURVE)
        axes.axvline(share, color=RULE, linewidth=1.2, linestyle=(0, (4, 2)))
        _minimum(axes, stated, risk)
        axes.set_xlabel("stated probability of class 0")

    return scene


def _minimum(axes: Axes, x: Tensor, y: Tensor) -> None:
    place = int(y.argmin())
    dots(axes, x[place : place + 1], y[place : place + 1])


def sample(axes: Axes, subject: Subject) -> None:
    """The mean loss of one prediction over a sample of targets, with its minimum."""
    targets = torch.tensor(TARGETS, dtype=torch.float64)
    x = torch.linspace(-0.5, 3.2, POINTS, dtype=torch.float64)
    pairs = {"input": x[:, None].expand(-1, len(targets)).reshape(-1), "target": targets.repeat(POINTS)}
    risk = subject.value(pairs).reshape(POINTS, -1).mean(1)
    plot(axes, x, risk, CURVE)
    axes.axvline(float(targets.mean()), color=RULE, linewidth=1.2, linestyle=(0, (4, 2)))
    _minimum(axes, x, risk)
    dots(axes, targets, torch.zeros_like(targets), OTHER)
    axes.set_xlabel("prediction")


def zero_one(axes: Axes, subject: Subject) -> None:
    """The zero-one loss beside the curve."""
    x, _ = curve(axes, subject)
    axes.step([-4.0, 0.0, 4.0], [1.0, 1.0, 0.0], color=MARK, linewidth=1.5, linestyle=(0, (4, 2)), where="pre")
    axes.set_ylim(-0.1, 3.0)
    axes.set_xlim(float(x[0]), float(x[-1]))
