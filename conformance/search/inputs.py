"""Input tensors drawn from the domains a spec declares: many rows at many scales, some with ties."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec import Interval, LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.errors import InputError
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

WIDE = (1e-6, 1e-3, 0.1, 1.0, 1.0, 3.0, 10.0, 100.0, 1e4)
MODERATE = (0.3, 1.0, 1.0, 3.0)
MILD = (0.1, 1.0, 3.0, 10.0)
ATTEMPTS = 20
FALL = 1 / 16  # of a row's largest entry, or of 1: by how much drawn rows fall that must not increase
LEAST_FALL = 1e-3  # the same where a search moves them, clear of the steps of difference quotients
NEAR = 1e-6  # how close to an end that does not belong to a domain its points come


class NoAdmissibleDataError(Exception):
    """The loss refused every input that was drawn from its own declaration."""


def draw(
    subject: Subject,
    sizes: Mapping[str, int],
    rows: int,
    rng: random.Random,
    scales: tuple[float, ...] = WIDE,
    ties: float = 0.25,
) -> Data:
    """Inputs that the loss accepts.

    Args:
        subject: the loss with its parameters.
        sizes: of the shape symbols but the batch's.
        rows: size of the batch; larger where the loss refuses it.
        rng: source of all randomness.
        scales: each row takes one of them.
        ties: share of rows whose real entries are rounded, so that equal scores and exact margins occur.

    Raises:
        NoAdmissibleDataError: every attempt was refused.
    """
    refusal: InputError | None = None
    for attempt in range(ATTEMPTS):
        # a parameter may need more rows than asked for (a shift along the tokens): later attempts take more
        count = rows if attempt < ATTEMPTS // 2 else 2 * rows + 12
        data = _draw_once(subject, sizes, count, rng, scales, ties)
        try:
            with torch.no_grad():
                subject.call(data)
        except InputError as error:
            refusal = error
            continue
        return data
    raise NoAdmissibleDataError(f"every one of {ATTEMPTS} drawn inputs was refused, the last one so: {refusal}")


def draw_rows(
    subject: Subject,
    sizes: Mapping[str, int],
    rows: Sequence[int],
    rng: random.Random,
    scales: tuple[float, ...] = WIDE,
    ties: float = 0.25,
) -> list[Data]:
    """Batches of several sizes; those too small for the loss's parameters are left out.

    Raises:
        NoAdmissibleDataError: the loss refused all of them.
    """
    batches: list[Data] = []
    refusal: NoAdmissibleDataError | None = None
    for count in rows:
        try:
            batches.append(draw(subject, sizes, count, rng, scales, ties))
        except NoAdmissibleDataError as error:
            refusal = error
    if refusal is not None and not batches:
        raise refusal
    return batches


def _draw_once(
    subject: Subject, sizes: Mapping[str, int], rows: int, rng: random.Random, scales: tuple[float, ...], ties: float
) -> Data:
    spec = subject.spec
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    present = [i for i in spec.inputs if not i.optional or i.drawn or rng.random() < 0.6]
    shapes = _shapes(spec, sizes, rows, rng, present)
    row_scale = torch.tensor([rng.choice(scales) for _ in range(rows)], dtype=torch.float64)
    rounded = torch.tensor([rng.random() < ties for _ in range(rows)])
    data: Data = {}
    for entry in present:
        size = sum((shapes[s] for s in entry.shape), ())
        data[entry.name] = _values(entry, size, sizes, subject, generator, row_scale, rounded).to(subject.device)
    return data


def _shapes(
    spec: LossSpec, sizes: Mapping[str, int], rows: int, rng: random.Random, present: list[Input]
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for symbol in spec.symbols():
        if symbol == batch_symbol(spec) or (symbol.startswith("*") and _alone(spec, symbol)):
            found[symbol] = (rows,)
        elif symbol.startswith("*"):
            found[symbol] = tuple(rng.randint(1, 4) for _ in range(rng.randint(1, 2)))
        else:
            found[symbol] = (sizes[symbol],)
    lonely = len(spec.inputs) > len(present) == 1 and _alone(spec, present[0].shape[0])
    if lonely:  # a score matrix without its targets: rows are queries, columns passages
        found[present[0].shape[0]] = (rows, rows + rng.randint(0, 3))
    return found


def _alone(spec: LossSpec, symbol: str) -> bool:
    """Whether a variadic symbol is the whole shape of the inputs, so that its elements are the samples."""
    return symbol.startswith("*") and all(i.shape == (symbol,) for i in spec.inputs)


def _values(
    entry: Input,
    size: tuple[int, ...],
    sizes: Mapping[str, int],
    subject: Subject,
    generator: torch.Generator,
    row_scale: Tensor,
    rounded: Tensor,
) -> Tensor:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        count = domain.classes(sizes[domain.of]) if domain.of is not None else max(2, (size[0] + 1) // 2)
        ids = torch.randint(0, count, size, generator=generator)
        if domain.every:  # the first rows get a class each; their order is drawn, too
            ids.view(-1)[:count] = torch.arange(count)[: ids.numel()]
            ids = ids.view(-1)[torch.randperm(ids.numel(), generator=generator)].view(size)
        return ids
    if isinstance(domain, Binary):
        return torch.randint(0, 2, size, generator=generator).to(subject.dtype)
    if isinstance(domain, Probability):
        share, chance = torch.rand((2, *size), generator=generator, dtype=torch.float64)
        return torch.where(chance < 0.5, share.round(), share).to(subject.dtype)  # the ends are what labels are
    real = torch.randn(size, generator=generator, dtype=torch.float64)
    if isinstance(domain, Distribution):  # from nearly uniform rows to single classes
        return torch.softmax(real * row_scale.view(-1, *[1] * (len(size) - 1)), dim=-1).to(subject.dtype)
    spec = subject.spec
    if not size or not (entry.shape[0] == batch_symbol(spec) or _alone(spec, entry.shape[0])):
        scale = row_scale[:1].clamp(max=3.0).sum()  # one tensor for all rows, at a scale of its own
        return _into_domain(real * scale, domain, subject).to(subject.dtype)
    real = real * row_scale.view(-1, *[1] * (len(size) - 1))
    mask = rounded.view(-1, *[1] * (len(size) - 1))
    real = torch.where(mask, real.clamp(-4, 4).round(), real)
    return _into_domain(real, domain, subject).to(subject.dtype)


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


def _into_domain(real: Tensor, domain: Real, subject: Subject) -> Tensor:
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


def take(subject: Subject, data: Data, case: int) -> Data:
    """One case of a batch: a row where cases are rows, else the whole batch."""
    if subject.coupled:
        return dict(data)
    taken: dict[str, Any] = {}
    for name, value in data.items():
        taken[name] = value[case : case + 1] if _by_row(subject, name, value) else value
    return taken


def _by_row(subject: Subject, name: str, value: Any) -> bool:
    """Whether a tensor has a row for each case."""
    if not isinstance(value, Tensor) or not value.dim() or name.startswith("__"):
        return False
    entry = subject.spec.input(name.removeprefix("_"))
    return name.startswith("_") if entry is None else batch_symbol(subject.spec) in entry.shape


def stack(subject: Subject, cases: list[Data]) -> Data:
    """Rows taken from one batch, put together again."""
    first = cases[0]
    joined: dict[str, Any] = {}
    for name, value in first.items():
        joined[name] = torch.cat([case[name] for case in cases]) if _by_row(subject, name, value) else value
    return joined


def along_batch(subject: Subject, data: Data, rows: Tensor) -> Data:
    """The data with rows of the batch chosen, repeated or left out."""
    batch = batch_symbol(subject.spec)
    chosen = dict(data)
    for entry in subject.spec.inputs:
        if batch in entry.shape and data.get(entry.name) is not None:
            chosen[entry.name] = data[entry.name].index_select(entry.shape.index(batch), rows)
    return chosen
