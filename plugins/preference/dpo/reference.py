"""Direct preference optimisation in NumPy, pair by pair (Rafailov et al. 2023, equation 7, with label smoothing)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dpo(
    policy_chosen_logps: Array,
    policy_rejected_logps: Array,
    reference_chosen_logps: Array | None = None,
    reference_rejected_logps: Array | None = None,
    *,
    beta: float,
    label_smoothing: float,
    reference_free: bool,
) -> Array:
    """Value of each pair, shape (B,)."""
    pairs = len(policy_chosen_logps)
    if reference_free or reference_chosen_logps is None or reference_rejected_logps is None:
        reference_chosen_logps = reference_rejected_logps = np.zeros(pairs)
    values = np.empty(pairs)
    for i in range(pairs):
        chosen_reward = beta * (policy_chosen_logps[i] - reference_chosen_logps[i])
        rejected_reward = beta * (policy_rejected_logps[i] - reference_rejected_logps[i])
        margin = chosen_reward - rejected_reward
        wrong = np.logaddexp(0.0, -margin)  # -log sigmoid(margin)
        flipped = np.logaddexp(0.0, margin)
        values[i] = wrong if label_smoothing == 0 else (1 - label_smoothing) * wrong + label_smoothing * flipped
    return values
