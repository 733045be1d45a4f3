"""The EAFO correction in NumPy, point by point (Sun et al. 2024)."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def eafo_correction(y: Array, dy: Array, d2y: Array, *, mean: float, std: float) -> Array:
    """Value of each point, shape (N,)."""
    inputs = NormalDist(mean, std)
    values = []
    for place, slope, bend in zip(y.tolist(), dy.tolist(), d2y.tolist(), strict=True):
        density = inputs.pdf(place)
        density_slope = -(place - mean) / inputs.variance * density
        values.append(-(density_slope * slope + density * bend / slope))
    return np.array(values, dtype=np.float64)
