"""The Huber loss in NumPy, branch by branch (Huber 1964)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def huber(input: Array, target: Array, *, delta: float) -> Array:
    """Value of each element, the shape of the input."""
    values = np.zeros(input.shape)
    for place in np.ndindex(input.shape):
        size = abs(input[place] - target[place])
        values[place] = size**2 / 2 if size <= delta else delta * (size - delta / 2)
    return values
