"""Mean squared error in NumPy, element by element."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mse(input: Array, target: Array) -> Array:
    """Value of each element, the shape of the input."""
    values = np.zeros(input.shape)
    for place in np.ndindex(input.shape):
        values[place] = abs(input[place] - target[place]) ** 2
    return values
