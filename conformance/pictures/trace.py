"""Values and slopes along a path: all positions at once, slopes by autograd, places where one of them jumps."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit.conformance.pictures.model import Line, Path
from losskit.conformance.subject import Subject

POINTS = 240  # an even number: kinks at the middle or at whole numbers fall between two positions
SINGLE_POINTS = 96  # where each position is a batch of its own
FINER = 12  # positions between two neighbours, to tell a jump from a steep stretch
ROUNDS = 3  # of looking closer
STILL = 0.3  # share of a jump that is left when one has looked closer
NOISE = 1e-11  # of the values: slopes below are rounding
STEEP = 0.02  # jumps smaller than this share of all slopes cannot be seen
ZOOMS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)
INSIDE = 0.5  # share of a window that 90 percent of the change must fill


def trace(subject: Subject, path: Path, label: str = "", scale: float = 1.0) -> Line:
    """Walk along a path.

    Args:
        subject: the loss at one setting.
        path: where to walk.
        label: for the legend.
        scale: of the ends of the path.
    """
    count = SINGLE_POINTS if path.single else POINTS
    x = torch.linspace(path.low * scale, path.high * scale, count, dtype=torch.float64)
    value, slope = read(subject, path, x)
    jumps = _breaks(subject, path, x, value, which=0)
    kinks = tuple(k for k in _breaks(subject, path, x, slope, which=1) if all(abs(k - j) > 1e-6 for j in jumps))
    return Line(label, dict(subject.parameters), path, x, value, slope, kinks, jumps)


def read(subject: Subject, path: Path, x: Tensor) -> tuple[Tensor, Tensor]:
    """Value and slope at positions, each of shape (n,)."""
    if path.single:
        pairs = [_read(subject, path, part) for part in x.split(1)]
        return torch.cat([value for value, _ in pairs]), torch.cat([slope for _, slope in pairs])
    return _read(subject, path, x)


def _read(subject: Subject, path: Path, x: Tensor) -> tuple[Tensor, Tensor]:
    held = x.detach().clone().requires_grad_()
    data = path.at(held)
    value = subject.call(data, "mean").reshape(1) if path.single else subject.value(data)
    if not value.requires_grad:  # no gradient reaches what is moved
        return value.detach(), torch.zeros_like(x)
    (slope,) = torch.autograd.grad(value.sum(), held, allow_unused=True, materialize_grads=True)
    value = value.detach().double()
    noise = NOISE * (1 + float(value.abs().nan_to_num(posinf=0.0, neginf=0.0).max()))
    return value, torch.where(slope.abs() < noise, torch.zeros_like(slope), slope.detach())


def zoom(subject: Subject, path: Path) -> float:
    """How far the ends of a path can be moved in, so that most of the picture shows change."""
    if not path.zooms:
        return 1.0
    chosen = 1.0
    for scale in ZOOMS:
        x = torch.linspace(path.low * scale, path.high * scale, SINGLE_POINTS // 2, dtype=torch.float64)
        steps = read(subject, path, x)[0].diff().abs()
        if not bool(steps.isfinite().all()) or float(steps.sum()) == 0:
            break
        chosen = scale
        share = steps.sort(descending=True).values.cumsum(0) / steps.sum()
        if float((share < 0.9).double().mean()) >= INSIDE * 0.5:
            break
    return chosen


def _breaks(subject: Subject, path: Path, x: Tensor, curve: Tensor, which: int) -> tuple[float, ...]:
    """Places where a curve jumps however closely one looks; ``which`` is 0 for the value and 1 for the slope."""
    steps = curve.diff().abs()
    finite = curve[curve.isfinite()]
    if not len(finite):
        return ()
    spread = float(finite.max() - finite.min())
    beside = torch.cat([steps[:1], steps, steps[-1:]])
    usual = torch.minimum(beside[:-2], beside[2:])  # a smooth stretch is about as steep next door
    found = []
    for place in torch.nonzero((steps > STEEP * spread) & (steps > 3 * usual)).flatten().tolist():
        low, high = float(x[place]), float(x[place + 1])
        for _ in range(ROUNDS):
            inner = torch.linspace(low, high, FINER, dtype=torch.float64)
            inside = read(subject, path, inner)[which].diff().abs()
            worst = int(inside.argmax())
            low, high = float(inner[worst]), float(inner[worst + 1])
        if float(inside[worst]) > STILL * float(steps[place]):
            found.append((low + high) / 2)
    return tuple(found)
