"""Linear cross-entropy as a module (Wijmans et al. 2025): blocks of tokens in eager mode, all logits in a graph."""

from typing import Any, Optional, Union

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import check_precision, check_weight
from losskit.plugins.language.linear_cross_entropy import SPEC
from losskit.plugins.ops.blocked import blocked_sum, blocked_values
from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.linear_log_loss import LinearLogLoss, linear_logits, log_loss
from losskit.plugins.ops.precision import widen
from losskit.spec.errors import InputError


class LinearCrossEntropyLoss(Loss):
    """``-log softmax(hidden weight' + bias)[target]`` without holding the logits of all tokens."""

    spec = SPEC
    ignore_index: int
    softcap: Optional[float]
    shift: int
    label_smoothing: float
    filter_eps: Union[float, str, None]
    chunk_size: Optional[int]

    def forward(
        self,
        hidden: Tensor,
        weight: Tensor,
        target: Tensor,
        bias: Optional[Tensor] = None,
        sample_weight: Optional[Tensor] = None,
    ) -> Tensor:
        """The reduced loss.

        Args:
            hidden: hidden states, shape (*N, D).
            weight: classifier matrix, shape (V, D).
            target: class ids, int64, shape (*N).
            bias: classifier bias, shape (V,).
            sample_weight: non-negative weights of the tokens that are predicted, shape (*N), its last axis shorter by
                ``shift``.

        Returns:
            A scalar, or the shape of ``sample_weight`` for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong, or ``shift`` leaves no token.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(hidden, weight, target, bias, sample_weight=sample_weight)
        if self.shift > 0:
            hidden = hidden[..., : hidden.size(-2) - self.shift, :]
            target = target[..., self.shift :]
        kept = target != self.ignore_index
        states = widen(hidden)
        states = torch.where(kept.unsqueeze(-1), states, torch.zeros_like(states))  # an ignored NaN reaches no gradient
        matrix = widen(weight)
        offset = widen(bias) if bias is not None else None
        if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if own_backward(states, matrix, target, offset, sample_weight):
                return self._by_blocks(states, matrix, target, offset, sample_weight, hidden.dtype)
        logits = linear_logits(states, matrix, offset, self.softcap)
        return self.reduce(log_loss(logits, target, self.ignore_index, self.label_smoothing), kept, sample_weight)

    @torch.jit.unused
    def _by_blocks(
        self,
        hidden: Tensor,
        weight: Tensor,
        target: Tensor,
        bias: Optional[Tensor],
        sample_weight: Optional[Tensor],
        dtype: torch.dtype,
    ) -> Tensor:
        eps = torch.finfo(dtype).eps / 32 if isinstance(self.filter_eps, str) else self.filter_eps
        loss: Any = LinearLogLoss(self.ignore_index, self.softcap, self.label_smoothing, eps, self.chunk_size)
        flat = hidden.reshape(target.numel(), hidden.size(-1)), weight, target.reshape(-1), bias
        kept = target != self.ignore_index
        if self.reduction == "none" or sample_weight is not None:
            return self.reduce(blocked_values(loss, *flat).reshape(target.shape), kept, sample_weight)
        counts = kept.to(hidden.dtype)
        self._check_count(counts)
        return self.average(blocked_sum(loss, *flat), counts)

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse inputs the loss is not defined for, a ``shift`` that leaves no token among them.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: no tensor, the wrong dtype, or dtypes that do not go together.
        """
        if torch.compiler.is_compiling():
            return
        super().check(*inputs)
        hidden, weight, target, bias = inputs
        assert hidden is not None
        assert target is not None
        check_precision(self.spec.name, "hidden", {"hidden": hidden, "weight": weight, "bias": bias})
        length = target.size(-1) if target.dim() else 0
        if self.shift and self.shift >= length:
            raise InputError(
                f"{self.spec.name}: input target must have more than shift = {self.shift} positions on its last axis, "
                f"found shape {tuple(target.shape)}"
            )
        if sample_weight is not None:
            check_weight(self.spec.name, sample_weight, self.weight_shape({"target": target}))

    @torch.jit.unused
    def weight_shape(self, inputs: dict[str, Optional[Tensor]]) -> tuple[int, ...]:
        """Shape that ``sample_weight`` must have: one weight a token that is predicted."""
        target = inputs["target"]
        assert target is not None
        return (*target.shape[:-1], target.size(-1) - self.shift) if target.dim() else ()
