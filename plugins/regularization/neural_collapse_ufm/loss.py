"""The unconstrained-features objective as a module (Dang et al. 2023)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import check_precision
from losskit.plugins.ops.classes import one_hot, pick
from losskit.plugins.ops.linear_log_loss import linear_logits
from losskit.plugins.ops.precision import full_matmul, widen
from losskit.plugins.ops.vectors import row_squares
from losskit.plugins.regularization.neural_collapse_ufm import SPEC


class NeuralCollapseUFMLoss(Loss):
    """``fit(W_M .. W_1 h_i + b, y_i) + weight_decay/2 sum_j ||W_j||^2 + N feature_decay/2 ||h_i||^2``."""

    spec = SPEC
    kind: str
    weight_decay: float
    feature_decay: float

    def forward(
        self,
        features: Tensor,
        weight: Tensor,
        target: Tensor,
        hidden_weights: Optional[Tensor] = None,
        bias: Optional[Tensor] = None,
        sample_weight: Optional[Tensor] = None,
    ) -> Tensor:
        """The reduced loss; the mean is the objective of the paper.

        Args:
            features: free variables, one row a sample, shape (B, D).
            weight: last layer, shape (C, D).
            target: class ids, int64, shape (B,).
            hidden_weights: earlier layers, the first to be applied first, shape (L, D, D).
            bias: of the last layer, shape (C,); not penalised.
            sample_weight: non-negative weights, shape (B,); they count as repetitions in N, too.

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(features, weight, target, hidden_weights, bias, sample_weight=sample_weight)
        rows, head = widen(features), widen(weight)
        penalty = head.square().sum()
        hidden = rows
        if hidden_weights is not None:
            layers = widen(hidden_weights)
            penalty = penalty + layers.square().sum()
            for layer in layers.unbind(0):
                hidden = full_matmul(hidden, layer.transpose(0, 1))
        scores = linear_logits(hidden, head, widen(bias) if bias is not None else None, None)
        counts = torch.ones_like(rows[:, 0]) if sample_weight is None else sample_weight.to(rows.dtype)
        value = self.fit(scores, target) + 0.5 * self.weight_decay * penalty
        value = value + 0.5 * self.feature_decay * counts.sum() * row_squares(rows)
        return self.reduce(value, None, sample_weight)

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse inputs the loss is not defined for.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: no tensor, the wrong dtype, or dtypes that do not go together.
        """
        if torch.compiler.is_compiling():
            return
        super().check(*inputs, sample_weight=sample_weight)
        features, weight, _, hidden_weights, _ = inputs
        layers = {"features": features, "weight": weight, "hidden_weights": hidden_weights}
        check_precision(self.spec.name, "features", layers)

    def fit(self, scores: Tensor, target: Tensor) -> Tensor:
        """How far the scores (B, C) are from the labels, shape (B,)."""
        if self.kind == "ce":
            return -pick(torch.log_softmax(scores, dim=-1), target)
        return 0.5 * row_squares(scores - one_hot(target, scores.size(-1)).to(scores.dtype))
