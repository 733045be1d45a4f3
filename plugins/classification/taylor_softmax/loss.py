"""Log-Taylor-softmax loss as a module (de Brébisson and Vincent 2016)."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.checks import concrete
from losskit.plugins.classification.taylor_softmax import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.slopes import traced
from losskit.plugins.ops.squares import surprise_of_squares


class TaylorSoftmaxLoss(ClassificationLoss):
    """``log sum_k t(o_k) - log t(o_y)`` with the Taylor polynomial ``t`` of the exponential.

    By Gauss-Laguerre quadrature, exact for polynomials, ``n! t(x) = int_0^inf (x + v)^n e^-v dv = sum_i w_i (x + v_i)^n``.
    For even n all terms are positive: no digit is lost at negative scores, where the powers of x cancel. Order 2, with
    ``2 t(x) = (x + 1)^2 + 1``, is a loss of squares.
    """

    spec = SPEC
    order: int
    nodes: list[float]
    roots: list[float]

    def __init__(self, *, reduction: str = "mean", **parameters: Any) -> None:
        super().__init__(reduction=reduction, **parameters)
        nodes, weights = np.polynomial.laguerre.laggauss(self.order // 2 + 1)
        self.nodes = nodes.tolist()
        # n-th roots of w / n!, so that w (x + v)^n / n! is a power of one moderate number
        self.roots = np.exp((np.log(weights) - math.lgamma(self.order + 1)) / self.order).tolist()

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if self.order == 2 and (traced() or concrete(scores)):
                return surprise_of_squares(scores + 1, target, 1.0)
        return -pick(torch.log_softmax(self.log_polynomial(scores), dim=-1), target)

    def log_polynomial(self, scores: Tensor) -> Tensor:
        """``log t(scores)``, entry by entry.

        Terms are measured in the root of the largest, so that no power overflows. As a constant that cancels it takes
        no gradient.
        """
        largest = torch.zeros_like(scores)
        for i in range(len(self.nodes)):
            largest = torch.maximum(largest, (self.roots[i] * (scores + self.nodes[i])).abs())
        largest = largest.detach()
        total = torch.zeros_like(scores)
        for i in range(len(self.nodes)):
            total = total + (self.roots[i] * (scores + self.nodes[i]) / largest).pow(self.order)
        return self.order * largest.log() + total.log()
