"""NC3 in NumPy, class by class (Dang et al. 2023)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def nc3_self_duality(
    weight: Array,
    features: Array,
    labels: NDArray[np.int64],
    scales: Array | None = None,
    *,
    frame: str,
    variant: str,
) -> Array:
    """The distance, a number."""
    classes = len(weight)
    centre = sum(features) / len(features) if frame == "etf" else np.zeros(features.shape[1])
    centred = [row - centre for row in features]
    members = [[row for row, label in zip(centred, labels, strict=True) if label == k] for k in range(classes)]
    means = np.array([sum(rows) / len(rows) for rows in members])
    head, means = weight / np.abs(weight).max(), means / np.abs(means).max()
    if variant == "difference":
        gaps = head / _length(head) - means / _length(means)
        return np.array(_length(gaps))
    product = np.array([[float(np.dot(row, mean)) for mean in means] for row in head])
    ideal = np.zeros((classes, classes))
    for j in range(classes):
        for k in range(classes):
            if scales is not None:
                ideal[j, k] = float(scales[k]) / _length(scales) if j == k else 0.0
            elif frame == "etf":
                ideal[j, k] = (float(j == k) - 1 / classes) / math.sqrt(classes - 1)
            else:
                ideal[j, k] = float(j == k) / math.sqrt(classes)
    return np.array(_length(product / _length(product) - ideal))


def _length(entries: Array) -> float:
    return math.sqrt(math.fsum(float(entry) ** 2 for entry in entries.flat))
