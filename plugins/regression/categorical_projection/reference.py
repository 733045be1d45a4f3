"""The categorical projection in NumPy, atom by atom (Bellemare et al. 2017, algorithm 1)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def categorical_projection(
    logits: Array, next_probs: Array, reward: Array, discount: Array, *, min_value: float, max_value: float
) -> Array:
    """Value of each sample, shape (B,)."""
    count = logits.shape[1]
    locations = np.linspace(min_value, max_value, count)
    values = []
    for scores, masses, gain, factor in zip(logits, next_probs, reward, discount, strict=True):
        costs = np.logaddexp.reduce(scores) - scores  # of each location as a label
        value = 0.0
        for mass, location in zip(masses, locations, strict=True):
            value += mass * _between(costs, float(gain + factor * location), min_value, max_value)
        values.append(value)
    return np.array(values, dtype=np.float64)


def _between(costs: Array, atom: float, low: float, high: float) -> float:
    """Cost of an atom: that of its two neighbouring locations by its distance to each."""
    if np.isnan(atom):
        return atom
    place = (min(max(atom, low), high) - low) * (len(costs) - 1) / (high - low)
    below = min(int(place), len(costs) - 2)
    above_share = place - below
    return float((1 - above_share) * costs[below] + above_share * costs[below + 1])
