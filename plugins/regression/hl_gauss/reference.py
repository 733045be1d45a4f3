"""HL-Gauss in NumPy, edge by edge, with the standard library's error functions (Farebrother et al. 2024, appendix A)."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def hl_gauss(
    logits: Array, target: Array, *, min_value: float, max_value: float, sigma_ratio: float, clamp_target: bool
) -> Array:
    """Value of each sample, shape (B,); nan more than 8 standard deviations outside an unclamped support."""
    bins = logits.shape[1]
    width = (max_value - min_value) / bins
    sigma = sigma_ratio * width
    values = []
    for scores, wanted in zip(logits, target, strict=True):
        centre = float(np.clip(wanted, min_value, max_value)) if clamp_target else float(wanted)
        if max(min_value - centre, centre - max_value) > 8 * sigma:
            values.append(np.nan)
            continue
        edges = [(min_value + k * width - centre) / sigma for k in range(bins + 1)]
        share = [_between(low, high) for low, high in pairwise(edges)]
        log_total = np.logaddexp.reduce(scores)
        values.append(sum(p / math.fsum(share) * (log_total - z) for p, z in zip(share, scores, strict=True)))
    return np.array(values, dtype=np.float64)


def _between(low: float, high: float) -> float:
    """Mass of the standard normal law between two points, taken from the nearer tail."""
    root = math.sqrt(2)
    if low > 0:
        return 0.5 * (math.erfc(low / root) - math.erfc(high / root))
    if high < 0:
        return 0.5 * (math.erfc(-high / root) - math.erfc(-low / root))
    return 0.5 * (math.erf(high / root) - math.erf(low / root))
