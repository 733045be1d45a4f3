"""Inputs at the ends of their domains: the last numbers before an end, the smallest that are not 0, and far scores beside 0."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec import Interval
from losskit.spec.tensors import Binary, Distribution, Input, Probability, Real

FAR = 1e4
SINGLE = 2.0**-24  # what the last number of float32 below 1 lacks
KEPT = 0.25  # share of entries that stay as they were drawn


def at_ends(subject: Subject, data: Data, rng: random.Random, far: bool) -> Data:
    """The data with most real entries moved to an end of their domain or next to it, each on its own.

    Args:
        subject: the loss.
        data: admissible inputs.
        rng: source of all randomness.
        far: whether entries that may be any number are 0 and far out, or near 0 and near 1.
    """
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    moved = dict(data)
    for entry in subject.spec.inputs:
        tensor = data.get(entry.name)
        if torch.is_tensor(tensor) and tensor.is_floating_point() and tensor.numel():
            moved[entry.name] = _moved(subject, entry, tensor, generator, far)
    return moved


def _moved(subject: Subject, entry: Input, tensor: Tensor, generator: torch.Generator, far: bool) -> Tensor:
    domain = entry.domain
    if isinstance(domain, Binary):
        return tensor
    if isinstance(domain, Distribution):
        return _rows(tensor, generator)
    if isinstance(domain, Real) and (domain.falling or domain.span is not None):
        return tensor
    unit = Interval(low=0.0, high=1.0, closed="both")
    interval = unit if isinstance(domain, Probability) else domain.at(subject.parameters)  # type: ignore[union-attr]
    found = torch.tensor(list(_values(interval, tensor.dtype, far)), dtype=tensor.dtype, device=tensor.device)
    chosen = torch.randint(len(found), tensor.shape, generator=generator).to(tensor.device)
    kept = (torch.rand(tensor.shape, generator=generator) < KEPT).to(tensor.device)
    return torch.where(kept & (not far), tensor, found[chosen])


def _values(interval: Interval, dtype: torch.dtype, far: bool) -> Iterator[float]:
    """Numbers of a type that lie in an interval, at its ends and next to them."""
    least = torch.finfo(dtype).smallest_normal / 1024  # a denormal
    near = (0.0, least, -least, SINGLE, -SINGLE, 1.0, 1 - SINGLE, 1 + 2 * SINGLE, -1.0)
    inner = [0.0, FAR, -FAR] if far else list(near)
    for end, sign in ((interval.low, 1.0), (interval.high, -1.0)):
        if math.isfinite(end):
            held = torch.tensor(end, dtype=dtype)
            inner += [end, float(torch.nextafter(held, held + sign)), end + sign * SINGLE, end + sign * least]
    if 0.0 in (interval.low, interval.high) and 0.0 not in interval:
        # powers of what tends to an open end at 0 may grow without bound: their third is still a number here
        least = torch.finfo(dtype).smallest_normal ** 0.25
        inner = [value for value in (*inner, least, -least) if abs(value) >= least]
    rounded = (float(torch.tensor(value, dtype=dtype)) for value in inner)
    fitting = list(dict.fromkeys(value for value in rounded if value in interval))
    yield from fitting or [interval.low / 2 + interval.high / 2]


def _rows(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Rows of probabilities: one class alone, one that leaves the others next to nothing, and rows as they were."""
    classes = tensor.shape[-1]
    least = torch.finfo(tensor.dtype).smallest_normal / 1024
    top = torch.randint(classes, tensor.shape[:-1], generator=generator).to(tensor.device)
    alone = torch.nn.functional.one_hot(top, classes).to(tensor)
    kind = torch.randint(4, tensor.shape[:-1], generator=generator).to(tensor.device).unsqueeze(-1)
    rest = torch.where(kind == 1, SINGLE, least)
    near = torch.where(alone == 1, 1 - SINGLE * (kind == 1).to(tensor), rest.to(tensor))
    return torch.where(kind == 0, alone, torch.where(kind < 3, near, tensor))
