"""NC1 in NumPy, class by class and row by row (Dang et al. 2023)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def nc1_variability(features: Array, labels: NDArray[np.int64], *, variant: str, rcond: float) -> Array:
    """The ratio, a number."""
    centre = sum(features) / len(features)
    classes = sorted(set(labels.tolist()))
    groups = [[row - centre for row, label in zip(features, labels, strict=True) if label == k] for k in classes]
    means = [sum(rows) / len(rows) for rows in groups]
    deviations = [row - mean for rows, mean in zip(groups, means, strict=True) for row in rows]
    if variant == "trace_ratio":
        size = max(
            float(np.abs(mean).max()) for mean in means
        )  # the ratio is of degree 0, and squares of 1e-300 are none
        within = sum(_square(row / size) for row in deviations) / len(deviations)
        return np.array(within / (sum(_square(mean / size) for mean in means) / len(means)))
    # S_B = A' A / K for the rows A of means, so its pseudo-inverse is K B B' with B = pinv(A), singular values for eigenvalues
    inverse = np.linalg.pinv(np.array(means), rcond=math.sqrt(rcond))
    return np.array(sum(_square(inverse.T @ row) for row in deviations) / len(deviations))


def _square(row: Array) -> float:
    return math.fsum(float(entry) ** 2 for entry in row)
