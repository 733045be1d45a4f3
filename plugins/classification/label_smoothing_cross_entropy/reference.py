"""Label-smoothing cross-entropy in NumPy: the expected surprise under the smoothed label (Szegedy et al. 2016)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def label_smoothing_cross_entropy(
    logits: Array, target: NDArray[np.int64], *, label_smoothing: float, ignore_index: int
) -> tuple[Array, Array]:
    """Value of each row and its part of the mean's divisor, both of shape (B,)."""
    classes = logits.shape[1]
    values, counts = [], []
    for scores, label in zip(logits, target, strict=True):
        total = 0.0
        if label != ignore_index:
            log_partition = np.logaddexp.reduce(scores - scores.max()) + scores.max()
            for k in range(classes):
                q = (1 - label_smoothing) * (k == label) + label_smoothing / classes
                if q > 0:
                    total += q * (log_partition - scores[k])
        values.append(total)
        counts.append(float(label != ignore_index))
    return np.array(values), np.array(counts)
