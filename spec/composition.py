"""The spec of a weighted sum of losses, derived from the specs of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from losskit.spec.coupling import batch_symbol, least_at, narrowing_at, satisfies
from losskit.spec.errors import ParameterError, SpecError
from losskit.spec.graphs import Accepted, Wrong
from losskit.spec.loss import LossSpec, Narrowing, Part
from losskit.spec.parameters import Parameter, ParameterSet
from losskit.spec.properties import (
    KINDS,
    AffineInvariant,
    ArgumentSymmetric,
    Bounded,
    Claim,
    Concave,
    Continuous,
    Convex,
    Differentiable,
    DivergenceAxioms,
    DuplicationInvariant,
    Homogeneous,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    TranslationInvariant,
    TriangleInequality,
    ZeroAt,
)
from losskit.spec.regimes import AtLeast, OneOf
from losskit.spec.settled import settled
from losskit.spec.sums import RULES, Rule, Summand, inherited
from losskit.spec.tensors import ClassIndex, Input
from losskit.spec.uniting import Term, unite

MODULE = "losskit.plugins.composed:ComposedLoss"
ORACLE = "losskit.plugins.composed_reference:weighted_sum"
ORACLE_GRADIENT = "losskit.plugins.composed_reference:weighted_gradient"
IGNORED = "ignore_index"
Coupling = Literal["pairs", "batch", "set"]
STRENGTH: tuple[Coupling, ...] = ("pairs", "set", "batch")
OF_MEANS = (
    NonNegative, Bounded, Convex, Concave, Lipschitz, Smooth, Differentiable, Continuous,
    ShiftInvariant, ScaleInvariant, AffineInvariant,
    Homogeneous, TranslationInvariant, PermutationInvariant, DuplicationInvariant, RotationInvariant, SpatialInvariant,
    ArgumentSymmetric, TriangleInequality,
)  # fmt: skip
AT_PLACES = (ZeroAt, MinimisedAt, DivergenceAxioms)  # written in the axes of the part


@dataclass(frozen=True)
class Given:
    """A part as it is asked for: its spec, its parameters, and the weight it begins with."""

    spec: LossSpec
    parameters: Mapping[str, Any]
    weight: float


def derive(parts: Sequence[Given], name: str = "", rules: Sequence[Rule] = RULES) -> LossSpec:
    """The spec of ``w_1 l_1 + w_2 l_2 + ...`` with the weights as its parameters and those of the parts fixed.

    Where all parts have one value for each row and count each row once, the sum has, too, and every reduction; else it is
    one number, the weighted sum of the parts' means.

    Args:
        parts: at least one.
        name: of the sum; the names of the parts joined by ``_plus_`` if left out.
        rules: which properties are inherited, and how.

    Raises:
        SpecError: the parts take inputs of one name that have nothing in common.
        ParameterError: there is no part, or a weight or a parameter is outside its domain.
    """
    if not parts:
        raise ParameterError("a composite needs at least one loss with its weight, found none")
    labels = _labels([given.spec.name for given in parts])
    terms, inputs = unite(
        [
            Term(label, given.spec, given.spec.parameters.validate_values(given.spec.name, given.parameters))
            for label, given in zip(labels, parts, strict=True)
        ]
    )
    weights = [f"weight_{label}" for label in labels]
    rows = _rows(terms)
    inputs, ignored = _ignoring(inputs)
    fields = (
        *(_weight(w, label, given.weight) for w, label, given in zip(weights, labels, parts, strict=True)),
        *ignored,
    )
    for claimed in {i.name for i in inputs} & {field.name for field in fields}:
        raise SpecError(f"{' and '.join(labels)} cannot be added: {claimed!r} names an input and a weight")
    summands = [
        Summand(term.label, weight, frozenset(i.name for i in term.spec.inputs), tuple(_claims(term, rows)))
        for term, weight in zip(terms, weights, strict=True)
    ]
    surrogate = [term for term in terms if term.spec.gradient == "surrogate"]
    spec = LossSpec(
        name=name or "_plus_".join(labels),
        title=f"Weighted sum of {' and '.join(labels)}",
        task=terms[0].spec.task,
        summary=_summary(labels, rows),
        formula=" + ".join(rf"w_{{{n}}}\, \ell_{{{n}}}" for n in range(1, len(labels) + 1)),
        parameters=ParameterSet(fields=fields),
        inputs=inputs,
        output=terms[0].output() if rows else (),
        least=_least(terms),
        unrolled=tuple({s: None for term in terms for u in term.spec.unrolled for s in term.shape((u,))}),
        claims=inherited(summands, rules),
        narrowed=tuple(_narrowed(terms, rows)),
        coupling=None if rows else _coupling(terms),
        weights=_weights(terms, inputs, rows),
        gradient="surrogate" if surrogate else "exact",
        detached="; ".join(f"{term.label}: {term.spec.detached}" for term in surrogate),
        references=tuple(dict.fromkeys(r for term in terms for r in term.spec.references)),
        graph_accepts=tuple(_accepted(terms)) if _alike(terms) else (),
        module=MODULE,
        parts=tuple(
            Part(loss=term.spec, parameters=_plain(term.values), weight=weight, positions=term.positions)
            for term, weight in zip(terms, weights, strict=True)
        ),
        oracle=ORACLE if all(term.spec.oracle for term in terms) else "",
        oracle_gradient=ORACLE_GRADIENT if surrogate else "",
    )
    spec.parameters.validate_values(spec.name, {w: given.weight for w, given in zip(weights, parts, strict=True)})
    return spec


def _labels(names: Iterable[str]) -> list[str]:
    """The names of the parts; the second of one name is called ``name_2``."""
    seen: dict[str, int] = {}
    labels = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        labels.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return labels


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _weight(name: str, label: str, default: float) -> Parameter:
    return Parameter(
        name=name, kind="float", domain=AtLeast(0), default=default, description=f"what {label} is multiplied with"
    )


def _rows(terms: Sequence[Term]) -> bool:
    """Whether all parts have a value for each row of the same shape, that counts once in a mean."""
    outputs = {term.output() for term in terms}
    return all(term.alone for term in terms) and len(outputs) == 1 and outputs != {()}


def _ignoring(inputs: tuple[Input, ...]) -> tuple[tuple[Input, ...], tuple[Parameter, ...]]:
    """Inputs whose ignored label, which all parts share, is a parameter of the sum with one value."""
    labels = [
        int(entry.domain.ignore) for entry in inputs if isinstance(entry.domain, ClassIndex) and entry.domain.ignore
    ]
    if not labels:
        return inputs, ()
    named = tuple(
        entry.model_copy(update={"domain": entry.domain.model_copy(update={"ignore": IGNORED})})
        if isinstance(entry.domain, ClassIndex) and entry.domain.ignore
        else entry
        for entry in inputs
    )
    field = Parameter(
        name=IGNORED,
        kind="int",
        domain=OneOf(values=(labels[0],)),
        default=labels[0],
        description="label of the rows that are left out, fixed by the parts",
    )
    return named, (field,)


def _claims(term: Term, rows: bool) -> Iterable[Claim]:
    """What a part claims, in symbols of the sum; of its mean alone where rows are not shared."""
    kinds = (*OF_MEANS, *(() if term.positions else AT_PLACES))
    renamed = {symbol for symbol, _ in term.renamed}
    batch = batch_symbol(term.spec)
    for claim in settled(term.spec, term.values):
        if renamed & _symbols(claim) or (term.positions and getattr(claim.property, "axis", None) == "last"):
            continue
        if rows or (isinstance(claim.property, kinds) and not _of_all_rows(term, claim, batch)):
            yield claim
    if not rows and term.alone and batch:
        yield DuplicationInvariant().holds(source="a mean over rows")
    if term.positions:
        yield PermutationInvariant(over="points").holds(source="a mean over positions")


def _symbols(claim: Claim) -> set[str]:
    """Shape symbols that a claim speaks of."""
    return {*claim.when, *claim.property.axes(), *(s for e in claim.property.expressions() for s in e.symbols())}


def _of_all_rows(term: Term, claim: Claim, batch: str) -> bool:
    """Whether a constant is one of the sum over rows, which an input without a batch axis serves together."""
    subjects = [entry for entry in term.spec.inputs if entry.name in claim.property.subjects()]
    steep = isinstance(claim.property, Lipschitz | Smooth)
    return steep and term.alone and any(batch not in entry.shape for entry in subjects)


def _summary(labels: Sequence[str], rows: bool) -> str:
    added = " and ".join(labels)
    if rows:
        return f"The values of {added}, each times its weight, added row by row."
    return f"The means of {added}, each times its weight, added: one number, for the parts have no rows in common."


def _least(terms: Sequence[Term]) -> dict[str, int]:
    found: dict[str, int] = {}
    for term in terms:
        limits = [*least_at(term.spec, term.values).items()]
        limits += [
            (p.at_most, term.values[p.name])
            for p in term.spec.parameters.fields
            if p.at_most and term.values[p.name] is not None
        ]
        for own, size in limits:
            for symbol in term.shape((own,))[:1]:
                found[symbol] = max(size, found.get(symbol, 0))
    return found


def _narrowed(terms: Sequence[Term], rows: bool) -> Iterable[Narrowing]:
    """What a part lacks the sum lacks."""
    for kind in (kind for kind, model in KINDS.items() if model.default and kind != "Engineering"):
        lacking = [(term.label, narrowing_at(term.spec, kind, term.values)) for term in terms]
        reasons = [f"{label}: {found.reason}" for label, found in lacking if found is not None]
        if kind == "BatchDecomposable" and not rows:
            reasons = ["the parts have no rows in common, so each is a mean of its own"]
        if kind == "GraphRejectsBadInput" and not _alike(terms):
            reasons = ["a graph may read the size of an axis off another input than that of a part does"]
        if reasons:
            yield Narrowing(property=kind, reason="; ".join(reasons))


def _alike(terms: Sequence[Term]) -> bool:
    """Whether all parts take the same inputs, a row at a time, so that their graphs stop at the same wrong sizes."""
    inputs = {tuple(sorted(entry.name for entry in term.spec.inputs)) for term in terms}
    return len(terms) == 1 or (len(inputs) == 1 and not any(term.spec.coupling for term in terms))


def _accepted(terms: Sequence[Term]) -> Iterable[Accepted]:
    """Wrong inputs that the graph answers: those that the graphs of all parts answer, for one that stops stops the sum."""
    answers: dict[tuple[str, Wrong], list[Accepted]] = {}
    for term in terms:
        for one in term.spec.graph_accepts:
            if all(satisfies(term.values[name], given) for name, given in one.when.items() if name in term.values):
                answers.setdefault((one.input, one.wrong), []).append(one)
    for (name, wrong), found in answers.items():
        if len(found) == sum(term.spec.input(name) is not None for term in terms):
            answer: Literal["number", "nan"] = "nan" if any(one.answer == "nan" for one in found) else "number"
            meaning = "; ".join(dict.fromkeys(one.meaning for one in found))
            yield Accepted(input=name, wrong=wrong, answer=answer, meaning=meaning)


def _coupling(terms: Sequence[Term]) -> Coupling:
    """The strongest of the parts; the batch where each part stands alone and counts other things."""
    found = [term.spec.coupling for term in terms if not term.alone and term.spec.coupling is not None]
    return max(found, key=STRENGTH.index, default="batch")


def _weights(terms: Sequence[Term], inputs: Sequence[Input], rows: bool) -> str | None:
    """What sample weights have the shape of, if all parts take them in one shape."""
    shapes = set()
    for term in terms:
        if term.spec.weights is None or term.positions:
            return None
        entry = term.spec.input(term.spec.weights)
        batch = batch_symbol(term.spec)
        shapes.add(term.shape(entry.shape if entry else (batch,)))
    if len(shapes) > 1:
        return None
    if rows and all(term.spec.weights == "output" for term in terms):
        return "output"
    return next((entry.name for entry in inputs if entry.shape in shapes and not entry.optional), None)
