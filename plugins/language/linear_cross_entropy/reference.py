"""Linear cross-entropy in NumPy, token by token from the scores of all classes (Wijmans et al. 2025, equations 1 and 2)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def linear_cross_entropy(
    hidden: Array,
    weight: Array,
    target: NDArray[np.int64],
    bias: Array | None = None,
    *,
    ignore_index: int,
    softcap: float | None,
    shift: int,
    label_smoothing: float,
    filter_eps: float | str | None,  # noqa: ARG001 - an approximation of the gradient, never of the value
    chunk_size: int | None,  # noqa: ARG001
) -> tuple[Array, Array]:
    """Value of each predicted token and whether it counts, both of the shape of the shifted target."""
    if shift:
        hidden, target = hidden[..., :-shift, :], target[..., shift:]
    values, counts = np.zeros(target.shape), np.zeros(target.shape)
    for token in np.ndindex(target.shape):
        if target[token] != ignore_index:
            scores = np.array([np.dot(row, hidden[token]) for row in weight]) + (0.0 if bias is None else bias)
            values[token] = _surprise(scores, int(target[token]), softcap, label_smoothing)
            counts[token] = 1.0
    return values, counts


def _surprise(scores: Array, label: int, softcap: float | None, smoothing: float) -> float:
    z = scores if softcap is None else softcap * np.tanh(scores / softcap)
    wanted = np.full(len(z), smoothing / len(z))
    wanted[label] += 1 - smoothing
    gaps = [np.logaddexp.reduce(z - own) for own in z]  # log sum exp(z) - own, without cancellation
    return float(np.dot(wanted, gaps))
