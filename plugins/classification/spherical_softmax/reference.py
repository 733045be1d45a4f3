"""Log-spherical-softmax in NumPy: minus the logarithm of the label's share of the squares (de Brébisson and Vincent 2016)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spherical_softmax(logits: Array, target: NDArray[np.int64], *, eps: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        shares = scores**2 + eps
        if not shares.any():  # no share at all: equal ones, as for every eps above 0
            shares = np.ones_like(shares)
        with np.errstate(divide="ignore"):
            values.append(np.log(shares.sum()) - np.log(shares[label]))
    return np.array(values)
