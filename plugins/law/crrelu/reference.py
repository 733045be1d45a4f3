"""CRReLU in NumPy, number by number (Sun et al. 2024)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def crrelu(x: Array, *, epsilon: float | Array) -> Array:
    """Value of each element, the shape of the input; ``epsilon`` is the parameter or the input of that name."""
    values = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        point = float(x[place])
        bump = 0.0 if math.isinf(point) else point / math.exp(min(point**2 / 2, 700.0))
        values[place] = (point if point > 0 else 0.0) + float(epsilon) * bump
    return values
