"""Real numbers and shares brought into the domains that a spec declares."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec import Interval
from losskit.spec.tensors import Distribution, Probability, Real

FALL = 1 / 16  # of a row's largest entry, or of 1: by how much drawn rows fall that must not increase
LEAST_FALL = 1e-3  # the same where a search moves them, clear of the steps of difference quotients
NEAR = 1e-6  # how close to an end that does not belong to a domain its points come


def into_domain(real: Tensor, domain: Real, subject: Subject) -> Tensor:
    """Numbers of any size moved into the domain of an input, most of them clear of its ends."""
    if domain.falling:
        least = FALL * real.abs().amax(-1, keepdim=True).clamp(min=1.0)
        return falling(real.sort(-1, descending=True).values, least)
    if domain.span is not None:  # typical values lie between two parameters
        low, high = (float(subject.parameters[name]) for name in domain.span)
        real = low + (high - low) * torch.sigmoid(real)
    interval = domain.at(subject.parameters)
    if math.isinf(interval.low) and math.isinf(interval.high):
        return real
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        return interval.low + (interval.high - interval.low) * torch.sigmoid(real)
    if math.isfinite(interval.low):
        return interval.low + (0.0 if interval.includes_low else NEAR) + real.abs()
    return interval.high - (0.0 if interval.includes_high else NEAR) - real.abs()


def project(subject: Subject, data: Data, prefixes: tuple[str, ...] = ("",)) -> Data:
    """The data with real inputs, and second points of the same name with a prefix, moved back into their domains."""
    inside = dict(data)
    for entry in subject.spec.inputs:
        if isinstance(entry.domain, Real) and entry.domain.falling:
            names = [prefix + entry.name for prefix in prefixes if torch.is_tensor(inside.get(prefix + entry.name))]
            inside.update({name: falling(inside[name], LEAST_FALL) for name in names})
        if isinstance(entry.domain, Distribution):
            names = [prefix + entry.name for prefix in prefixes if torch.is_tensor(inside.get(prefix + entry.name))]
            inside.update({name: shares(inside[name]) for name in names})
        interval = Interval(low=0, high=1, closed="both") if isinstance(entry.domain, Probability) else None
        interval = entry.domain.at(subject.parameters) if isinstance(entry.domain, Real) else interval
        if interval is None or interval == Interval():
            continue
        low = interval.low + (0.0 if interval.includes_low else NEAR)
        high = interval.high - (0.0 if interval.includes_high else NEAR)
        for name in (prefix + entry.name for prefix in prefixes):
            if torch.is_tensor(inside.get(name)):
                inside[name] = inside[name].clamp(low, high)
    return inside


def falling(values: Tensor, least: Tensor | float) -> Tensor:
    """Rows lowered where an entry is not at least so much below the one before it along the last axis."""
    line = least * torch.arange(values.shape[-1], dtype=values.dtype, device=values.device)
    return (values + line).cummin(-1).values - line if values.shape[-1] else values


def shares(values: Tensor) -> Tensor:
    """Rows without what is negative in them, divided by their sums; even where nothing is left."""
    positive = values.clamp(min=0)
    total = positive.sum(-1, keepdim=True)
    return torch.where(total > 0, positive, torch.ones_like(positive)) / torch.where(
        total > 0, total, torch.full_like(total, values.shape[-1])
    )
