"""Multi-similarity loss in NumPy, anchor by anchor with index sets (Wang et al. 2019, equations 11 to 13)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def multi_similarity(
    embeddings: Array,
    labels: Labels,
    *,
    alpha: float,
    beta: float,
    lam: float,
    epsilon: float,
    mining: bool,
    normalize: bool,
) -> Array:
    """Value of each anchor, shape (B,)."""
    x = np.array([_unit(row) for row in embeddings]) if normalize else embeddings
    values = np.zeros(len(x))
    for i in range(len(x)):
        s = np.array([np.dot(x[i], other) for other in x])
        positives, negatives = _pairs(s, labels, i, epsilon, mining)
        values[i] += np.logaddexp.reduce([0.0, *(-alpha * (s[j] - lam) for j in positives)]) / alpha
        values[i] += np.logaddexp.reduce([0.0, *(beta * (s[j] - lam) for j in negatives)]) / beta
    return values


def multi_similarity_gradient(
    embeddings: Array,
    labels: Labels,
    *,
    alpha: float,
    beta: float,
    lam: float,
    epsilon: float,
    mining: bool,
    normalize: bool,
) -> dict[str, Array]:
    """Gradient of the sum of the values with the mined sets held fixed: each kept pair pulls at both its ends."""
    x = np.array([_unit(row) for row in embeddings]) if normalize else embeddings
    moved = np.zeros_like(embeddings)
    for i in range(len(x)):
        s = np.array([np.dot(x[i], other) for other in x])
        positives, negatives = _pairs(s, labels, i, epsilon, mining)
        for sign, sharpness, kept in ((-1.0, alpha, positives), (1.0, beta, negatives)):
            exponents = [sign * sharpness * (s[j] - lam) for j in kept]
            whole = np.logaddexp.reduce([0.0, *exponents])
            for j, exponent in zip(kept, exponents, strict=True):
                weight = sign * np.exp(exponent - whole)
                moved[i] += weight * x[j]
                moved[j] += weight * x[i]
    if normalize:
        moved = np.array([_back_through_unit(row, g) for row, g in zip(embeddings, moved, strict=True)])
    return {"embeddings": moved.reshape(embeddings.shape)}


def _pairs(s: Array, labels: Labels, i: int, epsilon: float, mining: bool) -> tuple[list[int], list[int]]:
    positives = [j for j in range(len(s)) if j != i and labels[j] == labels[i]]
    negatives = [j for j in range(len(s)) if labels[j] != labels[i]]
    if not mining:
        return positives, negatives
    if not positives or not negatives:
        return [], []
    farthest, nearest = min(s[j] for j in positives), max(s[j] for j in negatives)
    return [j for j in positives if s[j] - epsilon < nearest], [j for j in negatives if s[j] + epsilon > farthest]


def _unit(row: Array) -> Array:
    return row / max(float(np.linalg.norm(row)), 1e-12)


def _back_through_unit(row: Array, gradient: Array) -> Array:
    length = float(np.linalg.norm(row))
    if length <= 1e-12:
        return gradient / 1e-12
    unit: Array = row / length
    tangent: Array = (gradient - np.dot(gradient, unit) * unit) / length
    return tangent
