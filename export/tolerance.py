"""When two float32 results are the same: relative to what they measure, and to what float32 itself resolves here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.spec.model import Frozen

Array = NDArray[Any]


class Tolerance(Frozen):
    """``|found - expected| <= atol + rtol max(|found|, |expected|) + noise rounding``.

    The last term is the largest rounding error of the module itself on these inputs, measured by computing it again in
    float64: near a cancellation a graph may err about as far as the module does, and no further. Stored data sets are
    ordinary inputs; runners that know only ``rtol`` and ``atol`` may leave it out.
    """

    rtol: float = 1e-5
    atol: float = 1e-6
    noise: float = 8.0


@dataclass(frozen=True)
class Deviation:
    """How far a result is off.

    Attributes:
        error: largest absolute difference of finite entries.
        worst: largest difference in units of the tolerance; above 1 the results differ.
        where: the entry that is worst off, in words.
    """

    error: float = 0.0
    worst: float = 0.0
    where: str = ""


def rounding_error(found: Array, exact: Array) -> Array:
    """Error of a float32 result, entry by entry; infinite where only float64 holds it, 0 where neither is finite."""
    with np.errstate(invalid="ignore"):
        error = np.abs(found.astype(np.float64) - exact)
    lost = np.where(np.isfinite(exact), math.inf, 0.0)
    return np.where(np.isfinite(found), _finite(error), lost)


def deviation(
    expected: Mapping[str, Array], rounding: Mapping[str, Array], found: Mapping[str, Array], tolerance: Tolerance
) -> Deviation:
    """Compare results by output name; the worst output speaks for all.

    Args:
        expected: what should come out.
        rounding: :func:`rounding_error` of the module on the same inputs.
        found: what came out.
        tolerance: what is allowed.
    """
    if set(expected) != set(found):
        return Deviation(worst=math.inf, where=f"outputs {_list(found)}, expected {_list(expected)}")
    all_of_them = [_one(name, expected[name], rounding[name], found[name], tolerance) for name in expected]
    worst = max(all_of_them, key=lambda one: one.worst)
    return Deviation(max(one.error for one in all_of_them), worst.worst, worst.where)


def _one(name: str, expected: Array, rounding: Array, found: Array, tolerance: Tolerance) -> Deviation:
    if expected.shape != found.shape:
        return Deviation(worst=math.inf, where=f"{name} has the shape {found.shape}, expected {expected.shape}")
    if expected.size == 0:
        return Deviation()
    wide, got = expected.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.abs(got - wide)
        slack = _finite(rounding).max(initial=0.0)
        allowed = tolerance.atol + tolerance.rtol * np.maximum(np.abs(got), np.abs(wide)) + tolerance.noise * slack
        ratio = np.where(np.isfinite(difference), difference / allowed, math.inf)
    ratio = np.where(_excused(wide, got, np.isinf(rounding)), 0.0, ratio)
    place = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    where = f"{name}{[int(i) for i in place] if place else ''} is {got[place]:.9g}, expected {wide[place]:.9g}"
    return Deviation(float(_finite(difference).max()), float(ratio[place]), where)


def _excused(expected: Array, found: Array, overflow: Array) -> NDArray[np.bool_]:
    """Entries with nothing to compare: the same infinity, both not a number, or beyond what float32 can hold."""
    same = (expected == found) | (np.isnan(expected) & np.isnan(found))
    excused: NDArray[np.bool_] = ~np.isfinite(expected) & (same | overflow)
    return excused


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, 0.0)


def _list(names: Mapping[str, Array]) -> str:
    return ", ".join(names) or "none"
