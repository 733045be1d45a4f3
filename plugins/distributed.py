"""Losses on a batch that is split over ``torch.distributed`` ranks: every rank gets the value of the whole batch."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from losskit.plugins.base import Loss
from losskit.spec.coupling import batch_symbol, couples
from losskit.spec.errors import InputError, InputTypeError, ParameterError
from losskit.spec.tensors import Input

MOST_AXES = 15

Group = Any  # dist.ProcessGroup, which builds of torch without distributed lack


class AcrossRanks(nn.Module):
    """A loss whose batch is the batches of all ranks of a process group, one after the other in the order of ranks.

    What is exchanged follows from the spec. Where every sample stands alone the ranks add their sums and their divisors,
    two numbers; so means over parts of unequal sizes, with weights or with ignored rows, are those of the whole batch.
    Where samples are coupled the inputs along the batch are gathered and every rank computes the whole batch; inputs that
    have no batch axis (a classifier matrix) are taken as they are and must be alike on all ranks. Parts may be empty.

    Every rank returns the value of the whole batch. Backward adds what all ranks' values contribute, as collectives of
    ``torch.distributed.nn`` do: averaged over the ranks, as ``DistributedDataParallel`` averages them, gradients of
    parameters are those of the whole batch, and the gradient of a rank's own inputs is that of the whole batch times the
    number of ranks. All ranks must call forward and backward. There is no double backward through the exchange.

    Without an initialised process group this is the loss itself, so a script runs with one process, too.

    Args:
        loss: with the reduction ``mean`` or ``sum``; or ``sum_count``, and every rank gets both of the whole batch.
        group: the ranks that share the batch; the default group if left out.

    Raises:
        ParameterError: the loss does not reduce.
    """

    def __init__(self, loss: Loss, group: Group | None = None) -> None:
        super().__init__()
        if loss.reduction == "none":
            raise ParameterError(
                f"{loss.spec.name}: across ranks the reduction must be mean or sum, found 'none', which each rank has alone"
            )
        self.loss = loss
        self.group = group
        self.coupled = couples(
            loss.spec, loss.spec.parameters.validate_values(loss.spec.name, loss.config()["parameters"])
        )

    def extra_repr(self) -> str:
        """What is exchanged."""
        return "gathers inputs" if self.coupled else "adds sums"

    def forward(self, *inputs: Tensor | None, sample_weight: Tensor | None = None, **named: Tensor | None) -> Tensor:
        """The loss of the whole batch.

        Args:
            inputs: this rank's part, in the order of the spec.
            sample_weight: this rank's part, where the loss takes weights.
            named: inputs by name.

        Raises:
            InputError: rank, size or value is wrong, or the ranks' parts do not go together.
            InputTypeError: the wrong dtype.
        """
        names = [entry.name for entry in self.loss.spec.inputs]
        if len(inputs) > len(names):
            raise InputTypeError(f"{self.loss.spec.name} takes {len(names)} inputs, found {len(inputs)}")
        given = {**dict(zip(names, inputs, strict=False)), **named}
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        if not dist.is_available() or not dist.is_initialized():
            return self.loss(**given, **weight)  # type: ignore[no-any-return]
        if self.coupled:
            whole = {entry.name: self._gathered(entry, given.get(entry.name)) for entry in self.loss.spec.inputs}
            weight = {name: _gather(self.loss.spec.name, name, value, 0, self.group) for name, value in weight.items()}
            return self.loss(**whole, **weight)  # type: ignore[no-any-return]
        part = copy.copy(self.loss)
        part.reduction = "sum_count"
        parts = torch.stack(part(**given, **weight))
        total, divisor = _AddedOverRanks.apply(parts, self.group).unbind()  # type: ignore[no-untyped-call]
        return self.loss.average(total, divisor)

    def _gathered(self, entry: Input, tensor: Tensor | None) -> Tensor | None:
        symbol = batch_symbol(self.loss.spec)
        if tensor is None or symbol not in entry.shape:
            return tensor
        return _gather(self.loss.spec.name, entry.name, tensor, entry.shape.index(symbol), self.group)


def _gather(loss: str, name: str, tensor: Tensor, axis: int, group: Group | None) -> Tensor:
    """The parts of all ranks, put together along an axis; a gradient flows back to each."""
    shapes = _shapes(tensor, group)
    others = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(others) > 1:
        found = " and ".join(str(shape) for shape in shapes)
        raise InputError(f"{loss}: input {name} must have the same axes on every rank but axis {axis}, found {found}")
    lengths = [shape[axis] for shape in shapes]
    whole: Tensor = _Gathered.apply(tensor, axis, lengths, group)  # type: ignore[no-untyped-call]
    return whole


def _shapes(tensor: Tensor, group: Group | None) -> list[tuple[int, ...]]:
    """The shape of every rank's part."""
    padding = [0] * (MOST_AXES - tensor.dim())
    own = torch.tensor([tensor.dim(), *tensor.shape, *padding], device=tensor.device)
    found = [torch.empty_like(own) for _ in range(dist.get_world_size(group))]
    dist.all_gather(found, own, group=group)
    return [tuple(shape[1 : 1 + shape[0]]) for shape in torch.stack(found).tolist()]


class _Gathered(Function):
    """All parts along an axis; backward adds the gradients of all ranks and takes this rank's rows."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, axis: int, lengths: list[int], group: Group | None) -> Tensor:
        rank = dist.get_rank(group)
        ctx.axis, ctx.group, ctx.own = axis, group, (sum(lengths[:rank]), lengths[rank])
        rows = tensor.movedim(axis, 0)
        padded = rows.new_zeros(max(lengths), *rows.shape[1:])  # collectives want equal sizes
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in lengths]
        dist.all_gather(parts, padded, group=group)
        return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)]).movedim(0, axis)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        whole = gradient.contiguous().clone()
        dist.all_reduce(whole, group=ctx.group)
        return whole.narrow(ctx.axis, *ctx.own), None, None, None


class _AddedOverRanks(Function):
    """The sum over ranks; backward adds the gradients of all ranks."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: Group | None) -> Tensor:
        ctx.group = group
        total = tensor.clone()
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.contiguous().clone()
        dist.all_reduce(total, group=ctx.group)
        return total, None
