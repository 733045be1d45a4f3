"""Mean absolute error in NumPy, element by element."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mae(input: Array, target: Array) -> Array:
    """Value of each element, the shape of the input."""
    values = np.zeros(input.shape)
    for place in np.ndindex(input.shape):
        x, y = input[place], target[place]
        values[place] = x - y if x >= y else y - x
    return values
