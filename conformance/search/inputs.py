"""Input tensors drawn from the domains a spec declares: many rows at many scales, some with ties."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.search.domains import into_domain, shares
from losskit.conformance.search.palette import SHARES, STRUCTURED, picked, where_rows
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.errors import InputError
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability

WIDE = (1e-6, 1e-3, 0.1, 1.0, 1.0, 3.0, 10.0, 100.0, 1e4)
MODERATE = (0.3, 1.0, 1.0, 3.0)
MILD = (0.1, 1.0, 3.0, 10.0)
ATTEMPTS = 20
Told = Callable[[InputError, Data], None]


class NoAdmissibleDataError(Exception):
    """The loss refused every input that was drawn from its own declaration."""


def draw(
    subject: Subject,
    sizes: Mapping[str, int],
    rows: int,
    rng: random.Random,
    scales: tuple[float, ...] = WIDE,
    ties: float = 0.25,
    palette: tuple[float, ...] = (),
    share: float = STRUCTURED,
    whole: bool = False,
    told: Told | None = None,
) -> Data:
    """Inputs that the loss accepts.

    Args:
        subject: the loss with its parameters.
        sizes: of the shape symbols but the batch's.
        rows: size of the batch; larger where the loss refuses it.
        rng: source of all randomness.
        scales: each row takes one of them.
        ties: share of rows whose real entries are rounded, so that equal scores and exact margins occur.
        palette: telling numbers that some rows are made of, where there are any.
        share: how many rows these are.
        whole: whether no input is left out, so that what is drawn grows with the rows alone.
        told: takes each refusal with what was refused.

    Raises:
        NoAdmissibleDataError: every attempt was refused.
    """
    refusal: InputError | None = None
    for attempt in range(ATTEMPTS):
        # a parameter may need more rows than asked for (a shift along the tokens): later attempts take more
        count = rows if attempt < ATTEMPTS // 2 else 2 * rows + 12
        data = _draw_once(subject, sizes, count, rng, scales, ties, palette, share, whole)
        try:
            with torch.no_grad():
                subject.call(data)
        except InputError as error:
            refusal = error
            if told is not None:
                told(error, data)
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


@dataclass(frozen=True)
class _Rows:
    """What the rows of a batch are like, whatever the input.

    Attributes:
        scale: of each row's real entries, (rows,).
        rounded: whether its real entries are rounded.
        structured: whether it is made of numbers of the palette.
        palette: these numbers.
        generator: of all tensors of the batch.
    """

    scale: Tensor
    rounded: Tensor
    structured: Tensor
    palette: tuple[float, ...]
    generator: torch.Generator

    @classmethod
    def drawn(
        cls,
        count: int,
        scales: tuple[float, ...],
        ties: float,
        palette: tuple[float, ...],
        share: float,
        generator: torch.Generator,
    ) -> _Rows:
        chance = torch.rand((2, count), generator=generator)
        return cls(
            picked(scales, (count,), generator),
            chance[0] < ties,
            chance[1] < (share if palette else 0.0),
            palette or (0.0,),
            generator,
        )


def _draw_once(
    subject: Subject,
    sizes: Mapping[str, int],
    count: int,
    rng: random.Random,
    scales: tuple[float, ...],
    ties: float,
    palette: tuple[float, ...],
    share: float,
    whole: bool,
) -> Data:
    spec = subject.spec
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    present = [i for i in spec.inputs if whole or not i.optional or i.drawn or rng.random() < 0.6]
    shapes = _shapes(spec, sizes, count, rng, present)
    rows = _Rows.drawn(count, scales, ties, palette, share, generator)
    data: Data = {}
    for entry in present:
        size = sum((shapes[s] for s in entry.shape), ())
        data[entry.name] = _values(entry, size, sizes, subject, rows).to(subject.device)
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


def _values(entry: Input, size: tuple[int, ...], sizes: Mapping[str, int], subject: Subject, rows: _Rows) -> Tensor:
    domain, generator = entry.domain, rows.generator
    if isinstance(domain, ClassIndex):
        ids = _class_ids(domain, size, sizes, generator)
        return ids - ids.numel() // 4 if entry.bears_names else ids
    if isinstance(domain, Binary):
        return torch.randint(0, 2, size, generator=generator).to(subject.dtype)
    by_row = bool(size) and size[0] == len(rows.scale)
    if isinstance(domain, Probability):
        share, chance = torch.rand((2, *size), generator=generator, dtype=torch.float64)
        drawn = torch.where(chance < 0.5, share.round(), share)  # the ends are what labels are
        if by_row:
            drawn = where_rows(rows.structured, picked(SHARES, size, generator), drawn)
        return drawn.to(subject.dtype)
    real = torch.randn(size, generator=generator, dtype=torch.float64)
    if isinstance(domain, Distribution):  # from nearly uniform rows to single classes
        drawn = torch.softmax(real * rows.scale.view(-1, *[1] * (len(size) - 1)), dim=-1)
        return where_rows(rows.structured, shares(picked(SHARES, size, generator)), drawn).to(subject.dtype)
    spec = subject.spec
    if not size or not (entry.shape[0] == batch_symbol(spec) or _alone(spec, entry.shape[0])):
        scale = rows.scale[:1].clamp(max=3.0).sum()  # one tensor for all rows, at a scale of its own
        return into_domain(real * scale, domain, subject).to(subject.dtype)
    real = real * rows.scale.view(-1, *[1] * (len(size) - 1))
    real = where_rows(rows.rounded, real.clamp(-4, 4).round(), real)
    real = where_rows(rows.structured, picked(rows.palette, size, generator), real)
    return into_domain(real, domain, subject).to(subject.dtype)


def _class_ids(
    domain: ClassIndex, size: tuple[int, ...], sizes: Mapping[str, int], generator: torch.Generator
) -> Tensor:
    count = domain.classes(sizes[domain.of]) if domain.of is not None else max(2, (size[0] + 1) // 2)
    ids = torch.randint(0, count, size, generator=generator)
    if domain.every:  # the first rows get a class each; their order is drawn, too
        ids.view(-1)[:count] = torch.arange(count)[: ids.numel()]
        ids = ids.view(-1)[torch.randperm(ids.numel(), generator=generator)].view(size)
    return ids


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
