"""Class ids and scores: picking the label's entry without a gather that wraps around."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import concrete, readable
from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.slopes import OwnSlope, traced


def one_hot(target: Tensor, classes: int) -> Tensor:
    """Boolean mask of the label, shape (..., classes); ids outside 0..classes-1 mark nothing."""
    return target.unsqueeze(-1) == torch.arange(classes, device=target.device)


def membership(target: Tensor, scores: Tensor) -> Tensor:
    """The mask of :func:`one_hot`; as 0 and 1 like the scores where ids have been found valid, for comparisons cost more."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if readable(target):
            return torch.zeros_like(scores).scatter_(-1, target.unsqueeze(-1), 1.0)
    return one_hot(target, scores.size(-1))


def pick(scores: Tensor, target: Tensor) -> Tensor:
    """Entry of each row at its class id, shape ``target.shape``; the ids must be valid."""
    return scores.gather(-1, target.unsqueeze(-1)).squeeze(-1)


def lowered_at_label(scores: Tensor, target: Tensor, by: float) -> Tensor:
    """The scores, less ``by`` at the class id of each row; a scatter where a mask is not needed, for it costs a tenth."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if concrete(scores):
            label = target.unsqueeze(-1)
            return scores.scatter_add(-1, label, torch.full_like(label, -by, dtype=scores.dtype))
    return scores - by * one_hot(target, scores.size(-1)).to(scores.dtype)


def without_ignored(scores: Tensor, target: Tensor, ignore_index: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores (..., C) and class ids, both with zeros in ignored rows, and a mask of the rows that are kept.

    An ignored row may hold anything, not-a-number too: its scores must reach neither a sum nor a gradient. Where the
    labels can be read for free and none is ignored, the scores are passed on, for a copy costs as much as a softmax.
    """
    kept = target != ignore_index
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if readable(target) and bool(kept.all()):
            return scores, target, kept
    label = torch.where(kept, target, torch.zeros_like(target))
    if not torch.jit.is_scripting():  # noqa: SIM102
        if traced():
            return _KeptRows.apply(scores, kept), label, kept
    scores = torch.where(kept.unsqueeze(-1), scores, torch.zeros_like(scores))
    return scores, label, kept


class _KeptRows(OwnSlope):
    """What comes back to an ignored row is a number, for its scores have become 0: the slope is a product in place of a choice."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, kept: Tensor) -> Tensor:
        ctx.save_for_backward(kept)
        return torch.where(kept.unsqueeze(-1), scores, 0.0)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return of_value * kept.unsqueeze(-1).to(of_value.dtype), None


def smoothed(log_p: Tensor, label: Tensor, smoothing: float) -> Tensor:
    """The label's entry mixed with the mean over classes; neither is multiplied by 0, for either may be inf."""
    if smoothing == 0:
        return pick(log_p, label)
    if smoothing == 1:
        return log_p.mean(dim=-1)
    return (1 - smoothing) * pick(log_p, label) + smoothing * log_p.mean(dim=-1)


def margin_violations(scores: Tensor, target: Tensor, margin: float) -> Tensor:
    """``scores_k - scores_y + margin [k != y]`` for every class k, shape (..., C); 0 at the label y."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(scores):
            value: Tensor = _MarginViolations.apply(scores, target, margin)
            return value
    return _margin_violations_in_graphs(scores, target, margin)


def _margin_violations_in_graphs(scores: Tensor, target: Tensor, margin: float) -> Tensor:
    """A mask of the label, for a runtime's gather wraps around."""
    gaps = scores - pick(scores, target).unsqueeze(-1)
    return torch.where(one_hot(target, scores.size(-1)), gaps, gaps + margin)


class _MarginViolations(OwnSlope):
    """Without a mask; the label's slope, minus the sum of the others', has none of its own in it that would cancel."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, target: Tensor, margin: float) -> Tensor:
        label = target.unsqueeze(-1)
        ctx.save_for_backward(label)
        own = scores.gather(-1, label)
        gaps = scores - own
        if margin:
            gaps.add_(margin).scatter_(-1, label, own - own)  # not 0: infinite scores give not-a-number
        return gaps

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None, None]:
        (label,) = ctx.saved_tensors
        slope = of_value.scatter(-1, label, 0.0)
        return slope.scatter_(-1, label, -slope.sum(dim=-1, keepdim=True)), None, None


def largest_violation(violations: Tensor) -> Tensor:
    """The largest entry of each row of :func:`margin_violations`, never below the label's 0.

    The gradient is that of one maximiser: the label where it is among them, else the first.
    """
    return torch.relu(violations.max(dim=-1).values)


def mean_of_largest(values: Tensor, k: int) -> Tensor:
    """Mean of the k largest entries of each row, not-a-number among them.

    The gradient goes to k entries: of those that tie for the last place to the first ones, in every runtime, where
    ``topk`` takes whichever it meets.
    """
    if not torch.jit.is_scripting():
        if readable(values):
            return values.gather(-1, _first_of_largest(values.detach(), k)).mean(dim=-1)
        if traced():  # the standard's operator takes the first of those that tie
            return values.topk(k, dim=-1).values.mean(dim=-1)
    return _mean_of_largest_in_graphs(values, k)


def _first_of_largest(values: Tensor, k: int) -> Tensor:
    """Where the k largest entries of each row stand, shape (..., k); rows are sorted only where a tie leaves a choice."""
    if k == values.size(-1):
        return values.topk(k, dim=-1).indices
    best, places = values.topk(k + 1, dim=-1)
    places = places[..., :k]
    tied = best[..., k - 1] == best[..., k]
    if bool(tied.any()):
        places[tied] = values[tied].sort(dim=-1, descending=True, stable=True).indices[..., :k]
    return places


def _mean_of_largest_in_graphs(values: Tensor, k: int) -> Tensor:
    """A mask made of comparisons, which leave no choice to the runtime; they are also what costs no synchronisation."""
    last = values.topk(k, dim=-1).values[..., -1:].detach()
    above, tied = ~(values <= last), values == last
    room = k - above.sum(dim=-1, keepdim=True)
    chosen = above | (tied & (tied.cumsum(dim=-1) <= room))
    return torch.where(chosen, values, torch.zeros_like(values)).sum(dim=-1) / k
