"""Means of the rows of each class."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.precision import full_matmul
from losskit.plugins.ops.segments import segment_places
from losskit.plugins.ops.slopes import OwnSlope


def means_of_labels(x: Tensor, labels: Tensor, classes: int, centred: bool) -> tuple[Tensor, Tensor]:
    """Means of the rows of each class, (B, D) to (C, D), and whether every row has a class; every class has rows.

    Where labels may be read for free, and so have been found valid, rows are added where they belong: on a CPU, and
    nowhere else, in the order in which they come.

    Args:
        x: rows.
        labels: class ids, int64, shape (B,).
        classes: how many there are.
        centred: whether the mean of all rows is taken off first, which keeps the digits of rows far from 0.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(x) and readable(labels):
            means: Tensor = _MeansOfLabels.apply(x, labels, classes, centred)  # type: ignore[no-untyped-call]
            return means, torch.ones((), dtype=torch.bool, device=x.device)
    member = one_hot(labels, classes)
    return class_means(x - x.mean(dim=0) if centred else x, member), member.any(dim=1).all()


class _MeansOfLabels(torch.autograd.Function):
    """Its slope is made of as many rows as there are classes: only then does every row take its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, labels: Tensor, classes: int, centred: bool) -> Tensor:
        counts = labels.bincount(minlength=classes).unsqueeze(1)
        ctx.save_for_backward(labels, counts)
        ctx.centred = centred
        rows = x - x.mean(dim=0) if centred else x
        return x.new_zeros(classes, x.size(1)).index_add_(0, labels, rows).div_(counts)

    @staticmethod
    def backward(ctx: Any, of_means: Tensor) -> tuple[Tensor, None, None, None]:
        labels, counts = ctx.saved_tensors
        slope = of_means / counts
        if ctx.centred:
            slope = slope - of_means.sum(dim=0) / len(labels)
        return slope.index_select(0, labels), None, None, None


def class_means(x: Tensor, member: Tensor) -> Tensor:
    """Means of the rows of each class, (B, D) to (C, D); not-a-number for a class without rows.

    A product with the mask rather than an indexed sum: the same bits twice, on every device, and a graph has it.

    Args:
        x: rows.
        member: which class each row belongs to, boolean, shape (B, C).
    """
    counts = member.sum(dim=0).to(x.dtype)
    return full_matmul(member.to(x.dtype).transpose(0, 1), x) / counts.unsqueeze(1)


def means_of_own_class(x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """For each row the mean of its class, (B, D), and how many rows that has, (B,): for graphs, where no shape depends on data.

    Classes are put at places in their order, so that rows are added once each rather than multiplied with a mask of pairs.
    The slope of a row's mean is handed to the row itself, which is right for what depends on the means alone; deviations
    take them detached, since a quadratic form of deviations that add up to zero has no slope in the mean.

    Args:
        x: rows.
        labels: class ids, int64, shape (B,).
    """
    places = segment_places(labels.unsqueeze(0))[0].squeeze(0)
    ones = x.new_ones(x.size(0))
    counts = torch.zeros_like(ones).scatter_add(0, places, ones).index_select(0, places)
    means: Tensor = _OwnClassMeans.apply(x, places, counts)
    return means, counts


class _OwnClassMeans(OwnSlope):
    """With the slope of rows that all move with their class: what comes back to a class is the same for each of its rows."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor, places: Tensor, counts: Tensor) -> Tensor:
        sums = torch.zeros_like(x).scatter_add(0, places.unsqueeze(1).expand_as(x), x)
        return sums.index_select(0, places) / counts.unsqueeze(1)

    @staticmethod
    def backward(_ctx: Any, of_means: Tensor) -> tuple[Tensor, None, None]:
        return of_means, None, None
