"""The inputs of several losses as one list: one name, one tensor, which every loss that takes it must admit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from losskit.spec.coupling import batch_symbol, couples, narrowing_at
from losskit.spec.errors import SpecError
from losskit.spec.loss import LossSpec
from losskit.spec.regimes import Interval, intersection, within
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

UNIT = Interval(low=0.0, high=1.0, closed="both")


@dataclass(frozen=True)
class Term:
    """One loss of a sum, at its parameters.

    Attributes:
        label: what it is called in messages and in the name of its weight.
        spec: of the loss.
        values: all its parameters.
        positions: the variadic symbol whose positions are rows of this loss; empty for one that takes inputs as they are.
        renamed: symbols of its own that stand for several symbols, or another one, of the sum.
    """

    label: str
    spec: LossSpec
    values: dict[str, Any]
    positions: str = ""
    renamed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def alone(self) -> bool:
        """Whether each of its rows stands alone and counts once."""
        return narrowing_at(self.spec, "BatchDecomposable", self.values) is None and not couples(self.spec, self.values)

    def shape(self, shape: tuple[str, ...]) -> tuple[str, ...]:
        """A shape of the loss in symbols of the sum."""
        renamed = dict(self.renamed)
        own = tuple(s for symbol in shape for s in renamed.get(symbol, (symbol,)))
        batch = batch_symbol(self.spec)
        return (*own, self.positions) if self.positions and batch in shape else own

    def output(self) -> tuple[str, ...]:
        """Shape of its unreduced value in symbols of the sum."""
        return self.shape(self.spec.output)


def unite(terms: Sequence[Term]) -> tuple[tuple[Term, ...], tuple[Input, ...]]:
    """The inputs of a sum of losses, by name, and the losses with what their shape symbols stand for.

    Of two shapes of one name the longer wins: a loss of rows is taken at every position of further axes (cross-entropy at
    every pixel), and a loss of elements, whatever their axes, at all of them.

    Raises:
        SpecError: an input of the same name has another dtype, shape or domain in another loss; the message names both.
    """
    shapes = _widest(terms)
    fitted = tuple(_fitted(term, shapes) for term in terms)
    united: dict[str, tuple[Term, Input]] = {}
    for term in fitted:
        for entry in term.spec.inputs:
            own = _translated(term, entry)
            held = united.get(entry.name)
            united[entry.name] = (term, own) if held is None else (held[0], _both(held, (term, own)))
    missing = _required(fitted)
    inputs = [
        entry.model_copy(update={"optional": entry.optional and name not in missing})
        for name, (_, entry) in united.items()
    ]
    return fitted, tuple(inputs)


def _required(terms: Sequence[Term]) -> set[str]:
    return {entry.name for term in terms for entry in term.spec.inputs if not entry.optional}


def _widest(terms: Sequence[Term]) -> dict[str, tuple[str, ...]]:
    """For each input the shape that the others must fit: fixed axes before any, and the more the better."""
    found: dict[str, tuple[str, ...]] = {}
    for term in terms:
        for entry in term.spec.inputs:
            held = found.get(entry.name, ())
            found[entry.name] = max(held, entry.shape, key=lambda shape: (len(_fixed(shape)), len(shape)))
    return found


def _fixed(shape: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(symbol for symbol in shape if not symbol.startswith("*"))


def _fitted(term: Term, shapes: dict[str, tuple[str, ...]]) -> Term:
    """The loss with its symbols read off the shapes of the sum; conflicts are found where inputs are united."""
    renamed: dict[str, tuple[str, ...]] = {}
    positions = ""
    for entry in term.spec.inputs:
        own, wanted = entry.shape, shapes[entry.name]
        if own == wanted:
            continue
        further = tuple(symbol for symbol in wanted if symbol.startswith("*"))
        if len(own) == 1 and own[0].startswith("*"):
            renamed[own[0]] = wanted
        elif wanted == (*own, *further) and len(further) == 1 and _of_rows(term):
            positions = further[0]
        elif len(own) == len(wanted):
            renamed.update({a: (b,) for a, b in zip(own, wanted, strict=True) if a != b})
    return Term(term.label, term.spec, term.values, positions, tuple(renamed.items()))


def _of_rows(term: Term) -> bool:
    """Whether the loss has one value for each row of one batch axis, so that rows may come from anywhere."""
    batch = batch_symbol(term.spec)
    return (
        term.spec.output == (batch,)
        and not batch.startswith("*")
        and not couples(term.spec, term.values)
        and all(entry.shape[:1] == (batch,) for entry in term.spec.inputs if batch in entry.shape)
    )


def _translated(term: Term, entry: Input) -> Input:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        ignored = term.values.get(domain.ignore) if domain.ignore else None
        of = term.shape((domain.of,))[0] if domain.of else None
        domain = domain.model_copy(update={"of": of, "ignore": None if ignored is None else f"{ignored}"})
    if isinstance(domain, Real):
        domain = Real(interval=domain.at(term.values), falling=domain.falling)
    return entry.model_copy(update={"shape": term.shape(entry.shape), "domain": domain})


def _both(one: tuple[Term, Input], other: tuple[Term, Input]) -> Input:
    """An input that two losses share."""
    (first, a), (second, b) = one, other
    for what, left, right in (
        ("dtype", a.dtype, b.dtype),
        ("shape", a.describe_shape(), b.describe_shape()),
    ):
        if left != right:
            raise SpecError(
                f"{first.label} and {second.label} cannot be added: {first.label} takes {a.name} of {what} {left}, and "
                f"{second.label} of {what} {right}"
            )
    domain = _common(a.domain, b.domain)
    if domain is None:
        raise SpecError(
            f"{first.label} and {second.label} cannot be added: {first.label} takes a {a.name} that is {a.domain}, "
            f"{second.label} one that is {b.domain}, and no {a.name} is both"
        )
    meaning = a.meaning if domain == a.domain else b.meaning
    return a.model_copy(
        update={
            "domain": domain,
            "differentiable": a.differentiable or b.differentiable,
            "drawn": a.drawn and b.drawn,
            "meaning": meaning,
        }
    )


def _common(a: Any, b: Any) -> Any:
    """What lies in both domains; None where nothing does, or no domain says it."""
    if a == b:
        return a
    if isinstance(a, ClassIndex) and isinstance(b, ClassIndex):
        return _common_ids(a, b)
    if isinstance(a, Real) and isinstance(b, Real):
        shared = intersection(a.interval, b.interval)
        return Real(interval=shared, falling=a.falling or b.falling) if isinstance(shared, Interval) else None
    kinds = (Real, Probability, Distribution, Binary)  # from the widest; 0 and 1 are no rows that sum to 1
    if not isinstance(a, kinds) or not isinstance(b, kinds) or {type(a), type(b)} == {Distribution, Binary}:
        return None
    wide, narrow = sorted((a, b), key=lambda domain: kinds.index(type(domain)))
    if isinstance(wide, Real) and (wide.falling or not within(UNIT, wide.interval)):
        return None
    return narrow


def _common_ids(a: ClassIndex, b: ClassIndex) -> ClassIndex | None:
    if a.thresholds != b.thresholds or (a.of and b.of and a.of != b.of):
        return None
    return ClassIndex(
        of=a.of or b.of,
        ignore=a.ignore if a.ignore == b.ignore else None,
        binary_when_one=a.binary_when_one and b.binary_when_one,
        thresholds=a.thresholds,
        every=a.every or b.every,
    )
