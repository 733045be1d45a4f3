"""Axes of a loss's inputs by name, and sizes for them: distinct ones to trace with, others to replay at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Literal, get_args

from losskit.spec import LossSpec
from losskit.spec.errors import ExportError, LosskitError
from losskit.spec.tensors import Input

Sizes = dict[str, int]
GradientOf = Literal["sum", "mean", "weighted"]
Dtype = Literal["float16", "float32", "float64"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
UPSTREAM = "grad_output"
DEFAULT_RANK = 2
_POOL = (6, 5, 4, 3, 7, 8, 9, 10, 11, 12, 13)


@dataclass(frozen=True)
class Axes:
    """The axes of one export: every variadic shape symbol has got its rank, every optional input its place or none.

    Attributes:
        inputs: the inputs of the graph, in the order of the spec.
        shapes: names of the axes of each input.
        traced: distinct sizes of at least 2 that the loss takes.
        fixed: axes whose size the parameters (or the caller) determine.
        batch: the axis of the samples.
        gradient_of: what of the values a gradient is taken of: their sum, their mean, or their sum weighted by the last
            input, :data:`UPSTREAM`, which the loss itself does not take.
        dtype: of every floating-point input, but that :data:`UPSTREAM` has the dtype of the values.
    """

    inputs: tuple[Input, ...]
    shapes: dict[str, tuple[str, ...]]
    traced: Sizes = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    batch: str = "B"
    gradient_of: GradientOf = "sum"
    dtype: Dtype = "float32"

    @property
    def names(self) -> tuple[str, ...]:
        """All axes, in order of appearance."""
        return _unique(self.shapes.values())

    @property
    def dynamic(self) -> tuple[str, ...]:
        """Axes whose size varies from call to call."""
        return tuple(name for name in self.names if name not in self.fixed)

    def dtype_of(self, entry: Input) -> str:
        """Dtype of an input; what arrives from behind has that of the values, which are never of half precision."""
        if entry.dtype == "int64":
            return "int64"
        return "float32" if entry.name == UPSTREAM and self.dtype == "float16" else self.dtype

    def stored(self) -> tuple[Sizes, ...]:
        """Sizes of the stored data sets: the traced ones, larger ones, smaller ones."""
        larger = {name: 2 * size + place + 1 for place, (name, size) in enumerate(self.traced.items())}
        smaller = {name: max(2, size - 2) for name, size in self.traced.items()}
        return self.traced, self._resized(larger), self._resized(smaller)

    def fresh(self) -> dict[str, Sizes]:
        """Sizes that are neither traced nor stored, by what is special about them."""
        return {
            "one sample": self._resized({self.batch: 1}),
            "equal sizes": self._resized(dict.fromkeys(self.names, 4)),
            "many samples": self._resized({name: size + 2 for name, size in self.traced.items()} | {self.batch: 67}),
            "smallest sizes": self._resized(dict.fromkeys(self.names, 2)),
        }

    def weighted_by(self, shape: tuple[str, ...]) -> Axes:
        """With the gradient that arrives from behind as one more input, of the shape of the values."""
        upstream = Input(name=UPSTREAM, shape=shape, role="parameter", differentiable=False)
        return replace(
            self,
            inputs=(*self.inputs, upstream),
            shapes={**self.shapes, UPSTREAM: shape},
            gradient_of="weighted",
        )

    def _resized(self, wanted: Sizes) -> Sizes:
        """The traced sizes with the wanted ones where an axis is free."""
        return self.traced | {name: wanted[name] for name in self.dynamic if name in wanted}


def lay_out(spec: LossSpec, ranks: Mapping[str, int], without: Collection[str]) -> Axes:
    """Name the axes of every input.

    Args:
        spec: of the loss.
        ranks: number of axes for variadic symbols (``*spatial``); 2 where not named.
        without: optional inputs to leave out.

    Raises:
        ExportError: a rank or a left-out input that the spec does not know.
    """
    _check_names(spec, ranks, without)
    inputs = tuple(entry for entry in spec.inputs if entry.name not in without)
    shapes = {entry.name: _joined(_axis_names(symbol, ranks) for symbol in entry.shape) for entry in inputs}
    names = _unique(shapes.values())
    batch = next((symbol for symbol in (*spec.output, "B") if symbol in names), names[0])
    return Axes(inputs=inputs, shapes=shapes, batch=batch, fixed=frozenset({*spec.unrolled} & {*names}))


def fit(axes: Axes, accepts: Callable[[Axes, Sizes], LosskitError | None], pinned: Sizes, hints: Iterable[int]) -> Axes:
    """Find sizes the loss takes and the axes whose size is not free.

    Parameters may tie an axis (a list of class weights has one entry a class); specs do not say so, the loss does when
    it is called. So sizes are tried: distinct ones first, then the hints.

    Args:
        axes: named axes.
        accepts: why the loss refuses the sizes, None where it takes them.
        pinned: sizes the caller fixes.
        hints: numbers an axis may be tied to.

    Raises:
        ExportError: no sizes were found that the loss takes, or a pinned axis does not exist.
    """
    for name in pinned:
        if name not in axes.names:
            raise ExportError(f"the loss has no axis {name!r} to pin; its axes are {', '.join(axes.names)}")
    traced, refusal = _first_accepted(axes, accepts, pinned, sorted(set(hints)))
    if traced is None:
        raise ExportError(f"no sizes were found that the loss takes: {refusal}")
    fixed = {name for name in axes.names if name in pinned or not _moves(axes, accepts, traced, name)}
    return replace(axes, traced=traced, fixed=axes.fixed | fixed)


def _moves(axes: Axes, accepts: Callable[[Axes, Sizes], LosskitError | None], traced: Sizes, name: str) -> bool:
    """Whether the loss takes an axis longer or shorter than it is; a single entry has a graph of its own, and does not count."""
    others = (max(traced.values()) + 1, traced[name] - 1)
    return any(accepts(axes, {**traced, name: size}) is None for size in others if size > 1)


def _first_accepted(
    axes: Axes, accepts: Callable[[Axes, Sizes], LosskitError | None], pinned: Sizes, hints: list[int]
) -> tuple[Sizes | None, LosskitError | None]:
    free = [name for name in axes.names if name not in pinned]
    ties = [{**pinned, **tie} for count in range(3) for tie in _ties(free, hints, count)]
    refusal = None
    for pool, tie in product((_POOL, sorted(_POOL)), ties):  # first axis longest, first axis shortest
        sizes = _distinct(axes.names, tie, pool)
        refusal = accepts(axes, sizes)
        if refusal is None:
            return sizes, None
    return None, refusal


def _ties(names: list[str], hints: list[int], count: int) -> Iterable[Sizes]:
    for chosen in combinations(names, count):
        for values in product(hints, repeat=count):
            yield dict(zip(chosen, values, strict=True))


def _distinct(names: Iterable[str], given: Sizes, pool: Iterable[int]) -> Sizes:
    """Sizes for all axes, no two alike: tracing would take equal ones for the same axis."""
    rest = iter(size for size in (*pool, *range(14, 99)) if size not in given.values())
    return {name: given[name] if name in given else next(rest) for name in names}


def _axis_names(symbol: str, ranks: Mapping[str, int]) -> tuple[str, ...]:
    if not symbol.startswith("*"):
        return (symbol,)
    stem = symbol.removeprefix("*") or "axis"
    return tuple(f"{stem}_{position}" for position in range(ranks.get(symbol, DEFAULT_RANK)))


def _joined(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """All names; one that stands twice is an axis of the same size (a square matrix)."""
    return tuple(name for group in groups for name in group)


def _unique(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_joined(groups)))


def _check_names(spec: LossSpec, ranks: Mapping[str, int], without: Collection[str]) -> None:
    variadic = [symbol for symbol in spec.symbols() if symbol.startswith("*")]
    for symbol, rank in ranks.items():
        if symbol not in variadic or rank < 1:
            known = ", ".join(variadic) or "none"
            raise ExportError(f"{spec.name}: rank {rank} for {symbol!r}: expected at least 1 for one of: {known}")
    optional = [entry.name for entry in spec.inputs if entry.optional]
    for name in without:
        if name not in optional:
            known = ", ".join(optional) or "none"
            raise ExportError(f"{spec.name}: {name!r} cannot be left out; optional inputs are: {known}")
