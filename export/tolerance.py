"""When two results are the same: relative to what they measure, and to what their precision itself resolves here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.export.axes import Dtype
from losskit.spec.model import Frozen

Array = NDArray[Any]


class Tolerance(Frozen):
    """``|found - expected| <= atol + rtol max(|found|, |expected|) + noise rounding``.

    The last term is the largest rounding error of the module itself on these inputs, measured by computing it again in
    float64: near a cancellation a graph may err about as far as the module does, and no further. Stored data sets are
    ordinary inputs; runners that know only ``rtol`` and ``atol`` may leave it out.

    Gradients of half precision are computed in float32 and rounded once, so that results that agree before are equal or
    neighbours after: there the distance of neighbours is added. Nothing measures the rounding of float64.
    """

    rtol: float = 1e-5
    atol: float = 1e-6
    noise: float = 8.0

    @classmethod
    def of(cls, dtype: Dtype) -> Tolerance:
        """What is allowed where the inputs have this dtype."""
        return cls(rtol=1e-10, atol=1e-11, noise=0.0) if dtype == "float64" else cls()


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
    if expected.dtype != found.dtype:
        return Deviation(worst=math.inf, where=f"{name} is {found.dtype}, expected {expected.dtype}")
    if expected.size == 0:
        return Deviation()
    wide, got = expected.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.abs(got - wide)
        slack = _finite(rounding).max(initial=0.0)
        size = np.maximum(np.abs(got), np.abs(wide))
        allowed = tolerance.atol + tolerance.rtol * size + tolerance.noise * slack + _step(size, expected.dtype)
        ratio = np.where(np.isfinite(difference), difference / allowed, math.inf)
    ratio = np.where(_excused(wide, got, np.isinf(rounding), is_gradient=name.startswith("grad_")), 0.0, ratio)
    place = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    where = f"{name}{[int(i) for i in place] if place else ''} is {got[place]:.9g}, expected {wide[place]:.9g}"
    return Deviation(float(_finite(difference).max()), float(ratio[place]), where)


def _step(size: Array, dtype: np.dtype[Any]) -> Array:
    """Distance of neighbouring numbers of half precision, nothing for the others: their ``rtol`` is far above it."""
    if dtype != np.float16:
        return np.zeros(size.shape)
    last = 2.0**15  # from here on all are equally far apart
    return np.asarray(np.spacing(np.minimum(size, last).astype(dtype)), np.float64)


def _excused(expected: Array, found: Array, overflow: Array, *, is_gradient: bool) -> NDArray[np.bool_]:
    """Entries with nothing to compare: the same infinity, both not a number, or beyond what float32 can hold.

    In a gradient not-a-number stands for an infinity, too: beyond an overflow of the value the order of the operations
    decides whether one infinity is left or the difference of two. A number never stands for either, nor does
    not-a-number for an infinite value.
    """
    unknown = np.isnan(expected) | np.isnan(found)
    same = (expected == found) | (
        unknown & ~np.isfinite(found) & (is_gradient | (np.isnan(expected) & np.isnan(found)))
    )
    excused: NDArray[np.bool_] = ~np.isfinite(expected) & (same | overflow)
    return excused


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, 0.0)


def _list(names: Mapping[str, Array]) -> str:
    return ", ".join(names) or "none"
