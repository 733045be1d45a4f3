"""The unconstrained-features objective in NumPy, sample by sample (Dang et al. 2023)."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def neural_collapse_ufm(
    features: Array,
    weight: Array,
    target: NDArray[np.int64],
    hidden_weights: Array | None = None,
    bias: Array | None = None,
    *,
    kind: str,
    weight_decay: float,
    feature_decay: float,
) -> Array:
    """Value of each sample, shape (B,); their mean is the objective."""
    layers = [*(hidden_weights if hidden_weights is not None else ()), weight]
    whole = reduce(lambda product, layer: layer @ product, layers, np.eye(features.shape[1]))
    shared = weight_decay / 2 * sum(float(np.linalg.norm(layer)) ** 2 for layer in layers)
    values = []
    for row, label in zip(features, target, strict=True):
        scores = whole @ row + (0.0 if bias is None else bias)
        if kind == "mse":
            fit = sum((o - float(k == label)) ** 2 for k, o in enumerate(scores)) / 2
        else:
            fit = np.logaddexp.reduce(scores) - scores[label]
        values.append(fit + shared + len(features) * feature_decay / 2 * float(np.dot(row, row)))
    return np.array(values, dtype=np.float64)
