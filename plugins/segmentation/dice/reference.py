"""Soft Dice in NumPy, class by class (Milletari et al. 2016, equation for the Dice coefficient, with smoothing terms)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def dice(
    logits: Array,
    target: Labels,
    *,
    smooth_nr: float,
    smooth_dr: float,
    squared: bool,
    include_background: bool,
    batch: bool,
    ignore_index: int | None,
    class_weights: tuple[float, ...] | None,
) -> tuple[Array, Array]:
    """Values and counts, shape (B, K), or (K,) with ``batch``; a sample without a pixel to judge counts for nothing."""
    samples, classes = logits.shape[:2]
    first = 0 if include_background or classes == 1 else 1
    weights = np.ones(classes - first) if class_weights is None else np.asarray(class_weights)
    groups = [list(range(samples))] if batch else [[b] for b in range(samples)]
    values = np.zeros((len(groups), classes - first))
    counts = np.zeros_like(values)
    for g, members in enumerate(groups):
        pixels = [_pixels(logits[b], target[b], ignore_index) for b in members]
        probabilities = np.concatenate([p for p, _ in pixels], axis=1) if pixels else np.zeros((classes, 0))
        labels = np.concatenate([y for _, y in pixels]) if pixels else np.zeros(0, dtype=np.int64)
        if labels.size == 0:
            continue
        for k in range(first, classes):
            p = probabilities[k]
            y = (labels == (1 if classes == 1 else k)).astype(np.float64)
            size = (p**2).sum() + (y**2).sum() if squared else p.sum() + y.sum()
            overlap = (2 * (p * y).sum() + smooth_nr) / (size + smooth_dr)
            values[g, k - first] = weights[k - first] * (1 - overlap)
            counts[g, k - first] = 1
    return (values[0], counts[0]) if batch else (values, counts)


def _pixels(scores: Array, labels: Labels, ignore_index: int | None) -> tuple[Array, Labels]:
    """Probabilities (C, N) and labels (N,) of the pixels of one sample that are not ignored."""
    flat, names = scores.reshape(len(scores), -1), labels.reshape(-1)
    if ignore_index is not None:
        flat, names = flat[:, names != ignore_index], names[names != ignore_index]
    if len(flat) == 1:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-flat)), names
    powers = np.exp(flat - flat.max(axis=0, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True), names
