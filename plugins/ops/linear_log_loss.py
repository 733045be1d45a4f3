"""Log loss of a linear classifier from hidden states and classifier matrix, a block of tokens after the other.

The logits of one block are held, never all of them (Wijmans et al. 2025). The framework's operator does the same for
the plain case in torch 2.13 and later; the sweep below adds soft-capping, smoothing, gradient filtering and the value
of each token, and serves older versions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own name for it
from torch import Tensor

from losskit.plugins.ops.blocked import Blocked, Gradients
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.precision import full_matmul

LEAST_TOKENS = 128  # fewer rows a block leave a CPU's matrix product waiting for memory
FILTER_COLUMNS = 256  # classes a block of the gradient filter
HAS_OPERATOR = hasattr(F, "linear_cross_entropy") and hasattr(torch.nn, "LinearCrossEntropyOptions")


@dataclass(frozen=True)
class LinearLogLoss(Blocked):
    """``-log softmax(hidden weight' + bias)`` at the target, smoothed; 0 at ignored targets.

    Inputs are hidden (N, D), zero where the target is ignored; weight (V, D); target (N,); bias (V,) or None.

    Attributes:
        ignore_index: target of tokens to leave out.
        softcap: ``c`` in ``c tanh(z / c)``, or None.
        smoothing: mass moved from the target to the uniform distribution.
        filter_eps: threshold below which a block of ``softmax - target`` is left out of the gradient; None keeps all.
        tokens: tokens a block; None chooses blocks of about as many logits as ``hidden`` has entries.
    """

    ignore_index: int
    softcap: float | None = None
    smoothing: float = 0.0
    filter_eps: float | None = None
    tokens: int | None = None

    def plain(self, *inputs: Tensor | None) -> Tensor:
        """Value of each token with all logits at once, shape (N,)."""
        hidden, weight, target, bias = inputs
        assert hidden is not None
        assert weight is not None
        assert target is not None
        return log_loss(linear_logits(hidden, weight, bias, self.softcap), target, self.ignore_index, self.smoothing)

    def total(self, wanted: Sequence[bool], *inputs: Tensor | None) -> tuple[Tensor, Gradients]:
        """Sum over tokens and its gradient, by the framework's operator where that can do it and there are several blocks."""
        hidden, weight = inputs[:2]
        assert hidden is not None
        assert weight is not None
        exact = self.softcap is None and self.smoothing == 0 and self.filter_eps is None
        if exact and HAS_OPERATOR and hidden.size(0) > self._tokens(hidden, weight):
            return self._framework_total(wanted, *inputs)
        return super().total(wanted, *inputs)

    def _framework_total(self, wanted: Sequence[bool], *inputs: Tensor | None) -> tuple[Tensor, Gradients]:
        leaves = [None if x is None else x.detach().requires_grad_(w) for x, w in zip(inputs, wanted, strict=True)]
        hidden, weight, target, bias = leaves
        assert hidden is not None
        assert weight is not None
        assert target is not None
        with torch.enable_grad():
            total = F.linear_cross_entropy(
                hidden,
                weight,
                target,
                linear_bias=bias,
                reduction="sum",
                ignore_index=self.ignore_index,
                options=torch.nn.LinearCrossEntropyOptions(batch_chunk_size=self._tokens(hidden, weight)),
            )
            made = iter(
                torch.autograd.grad(total, [x for x, w in zip(leaves, wanted, strict=True) if w and x is not None])
            )
        return total.detach(), [next(made) if w else None for w in wanted]

    def sweep(
        self, cotangent: Tensor | None, wanted: Sequence[bool], *inputs: Tensor | None
    ) -> tuple[Tensor, Gradients]:
        """Value of each token and the gradient by hidden, weight and bias, a block of tokens after the other."""
        hidden, weight, target, bias = inputs
        assert hidden is not None
        assert weight is not None
        assert target is not None
        kept = target != self.ignore_index
        label = torch.where(kept, target, torch.zeros_like(target))
        values = hidden.new_zeros(hidden.size(0))
        made = [torch.zeros_like(x) if w and x is not None else None for x, w in zip(inputs, wanted, strict=True)]
        slopes = cotangent is not None and any(x is not None for x in made)
        tokens = self._tokens(hidden, weight)
        scratch = hidden.new_empty(min(tokens, hidden.size(0)), weight.size(0))
        for start in range(0, hidden.size(0), tokens):
            own = slice(start, start + tokens)
            block = hidden[own]
            residual = scratch[: block.size(0)]  # holds the logits first, then softmax - target
            value = self._value(block, weight, bias, label[own], residual, slopes)
            values[own] = value.masked_fill_(~kept[own], 0.0)
            if slopes and cotangent is not None:
                factor = cotangent.expand_as(values)[own] * kept[own]
                self._accumulate(made, own, residual, factor, block, weight, kept[own])
        return values, made

    def _tokens(self, hidden: Tensor, weight: Tensor) -> int:
        if self.tokens is not None:
            return self.tokens
        ratio = max(1, -(-weight.size(0) // max(1, weight.size(1))))
        return max(LEAST_TOKENS, -(-hidden.size(0) // ratio))

    def _value(
        self, block: Tensor, weight: Tensor, bias: Tensor | None, label: Tensor, scratch: Tensor, slopes: bool
    ) -> Tensor:
        """Value of each token of a block; leaves the derivative by the uncapped logits in ``scratch`` if ``slopes``."""
        z = torch.mm(block, weight.T, out=scratch)
        if bias is not None:
            z += bias
        if self.softcap is not None:
            z.div_(self.softcap).tanh_().mul_(self.softcap)
        inside = 1 - (z / self.softcap).square_() if slopes and self.softcap is not None else None
        z -= z.amax(1, keepdim=True)
        smooth, classes = self.smoothing, z.size(1)
        spread = -(1 - smooth) * pick(z, label) - (smooth * z.mean(1) if smooth else 0.0)
        sums = z.exp_().sum(1)
        if slopes:
            z /= sums.unsqueeze(1)
            z.scatter_add_(1, label.unsqueeze(1), torch.full_like(sums, smooth - 1).unsqueeze(1))
            if smooth:
                z -= smooth / classes
        if inside is not None:
            z *= inside
        return spread + sums.log()

    def _accumulate(
        self, made: Gradients, own: slice, residual: Tensor, factor: Tensor, block: Tensor, weight: Tensor, kept: Tensor
    ) -> None:
        """Add what a block of tokens contributes to the gradients."""
        by_hidden, by_weight, _, by_bias = made
        weighted = block * factor.unsqueeze(1)
        for columns in self._columns(residual, kept):
            part = residual[:, columns]
            if by_hidden is not None:
                by_hidden[own].addmm_(part, weight[columns])
            if by_weight is not None:
                by_weight[columns].addmm_(part.T, weighted)
            if by_bias is not None:
                by_bias[columns].addmv_(part.T, factor)
        if by_hidden is not None:
            by_hidden[own].mul_(factor.unsqueeze(1))

    def _columns(self, residual: Tensor, kept: Tensor) -> Iterator[slice]:
        """Ranges of classes whose gradient is computed: all, or the runs of filter blocks that reach the threshold."""
        classes = residual.size(1)
        if self.filter_eps is None or classes <= FILTER_COLUMNS:
            yield slice(0, classes)
            return
        largest = torch.where(kept.unsqueeze(1), residual, torch.zeros_like(residual)).abs_().amax(0)
        starts = range(0, classes, FILTER_COLUMNS)
        reach = [bool(part.amax() >= self.filter_eps) for part in largest.cpu().split(FILTER_COLUMNS)]
        for begin, end in _runs(reach):
            yield slice(starts[begin], min(classes, end * FILTER_COLUMNS))


def linear_logits(hidden: Tensor, weight: Tensor, bias: Optional[Tensor], softcap: Optional[float]) -> Tensor:
    """Scores of a linear classifier, shape (..., V), soft-capped to (-c, c) if ``softcap`` is given."""
    z = full_matmul(hidden, weight.transpose(0, 1))
    if bias is not None:
        z = z + bias
    if softcap is not None:
        z = softcap * torch.tanh(z / softcap)
    return z


def log_loss(logits: Tensor, target: Tensor, ignore_index: int, smoothing: float) -> Tensor:
    """``-log softmax`` at the target, mixed with its mean over classes by ``smoothing``; 0 where the target is ignored."""
    kept = target != ignore_index
    surprise = -torch.log_softmax(logits, dim=-1)
    value = (1.0 - smoothing) * pick(surprise, torch.where(kept, target, torch.zeros_like(target)))
    if smoothing > 0.0:
        value = value + smoothing * surprise.mean(-1)
    return torch.where(kept, value, torch.zeros_like(value))


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of consecutive true flags."""
    edges = [i for i in range(len(flags) + 1) if (i > 0 and flags[i - 1]) != (i < len(flags) and flags[i])]
    return zip(edges[::2], edges[1::2], strict=True)
