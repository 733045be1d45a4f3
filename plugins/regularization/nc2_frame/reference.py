"""NC2 in NumPy, pair by pair of classes (Dang et al. 2023)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def nc2_frame(weight: Array, scales: Array | None = None, *, frame: str) -> Array:
    """The distance, a number."""
    classes = len(weight)
    size = float(np.abs(weight).max())
    rows = weight / size  # the ratio is of degree 0, and squares of 1e-300 are none
    products = np.array([[float(np.dot(one, other)) for other in rows] for one in rows])
    length = math.sqrt(math.fsum(float(p) ** 2 for p in products.flat))
    total = 0.0
    for j in range(classes):
        for k in range(classes):
            if scales is not None:
                ideal = float(scales[k]) / float(np.linalg.norm(scales)) if j == k else 0.0
            elif frame == "etf":
                ideal = (float(j == k) - 1 / classes) / math.sqrt(classes - 1)
            else:
                ideal = float(j == k) / math.sqrt(classes)
            total += (products[j, k] / length - ideal) ** 2
    return np.array(math.sqrt(total))
