"""Whether data lie in the domain that a spec declares: told from the spec alone, for what a loss takes proves nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec import Interval
from losskit.spec.coupling import least_at
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
UNIT = Interval(low=0.0, high=1.0, closed="both")
Sizes = dict[str, tuple[int, ...]]


def belongs(subject: Subject, data: Data) -> bool:
    """Whether types, shapes, sizes and values are those that the spec declares at the loss's parameters."""
    entries = [entry for entry in subject.spec.inputs if data.get(entry.name) is not None]
    if any(not entry.optional and entry not in entries for entry in subject.spec.inputs):
        return False
    if not all(_typed(entry, data[entry.name]) for entry in entries):
        return False
    sizes = _sizes(entries, data)
    if sizes is None:
        return False
    least = least_at(subject.spec, subject.parameters)
    if any(size < least.get(symbol, 0) for symbol, found in sizes.items() for size in found):
        return False
    return all(_within(entry, data[entry.name], sizes, subject) for entry in entries)


def _typed(entry: Input, value: Any) -> bool:
    return torch.is_tensor(value) and (value.dtype in FLOATS if entry.dtype == "float" else value.dtype == torch.int64)


def _sizes(entries: list[Input], data: Data) -> Sizes | None:
    """The axes that each shape symbol stands for, None where no choice of them suits all inputs."""
    sizes: Sizes = {}
    for entry in entries:
        shape = tuple(data[entry.name].shape)
        variadic = any(symbol.startswith("*") for symbol in entry.shape)
        spare = len(shape) - len(entry.shape)
        if spare < -variadic or (spare and not variadic):
            return None
        for symbol in entry.shape:
            count = 1 + spare if symbol.startswith("*") else 1
            found, shape = shape[:count], shape[count:]
            if sizes.setdefault(symbol, found) != found:
                return None
    return sizes


def _within(entry: Input, value: Tensor, sizes: Sizes, subject: Subject) -> bool:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        return _names_classes(domain, value, sizes, subject)
    if isinstance(domain, Binary):
        return bool(((value == 0) | (value == 1)).all())
    if isinstance(domain, Real):
        rises = domain.falling and bool((value[..., 1:] > value[..., :-1]).any())
        return not rises and _inside(value, domain.at(subject.parameters))
    if isinstance(domain, Distribution):
        slack = value.shape[-1] * torch.finfo(value.dtype).eps
        return _inside(value, UNIT) and bool(((value.double().sum(-1) - 1).abs() <= slack).all())
    assert isinstance(domain, Probability)
    return _inside(value, UNIT)


def _inside(value: Tensor, interval: Interval) -> bool:
    """Whether all numbers lie there; where any number may stand, what is none may, too."""
    if interval == Interval():
        return True
    exact = value.double()
    low = exact >= interval.low if interval.includes_low else exact > interval.low
    high = exact <= interval.high if interval.includes_high else exact < interval.high
    return bool((low & high).all())


def _names_classes(domain: ClassIndex, ids: Tensor, sizes: Sizes, subject: Subject) -> bool:
    if domain.of is None or domain.of not in sizes:
        return True
    count = domain.classes(sizes[domain.of][0])
    named = (ids >= 0) & (ids < count)
    ignored = subject.parameters.get(domain.ignore) if domain.ignore else None
    if not bool((named if ignored is None else named | (ids == ignored)).all()):
        return False
    return not domain.every or len(ids[named].unique()) == count
