"""Which properties of the vocabulary can be asked of a loss: those that its inputs and parameters have a meaning for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from losskit.spec import Input, LossSpec, Parameter, Property
from losskit.spec.coupling import batch_symbol
from losskit.spec.expressions import Scalar, log, one_hot, symbol
from losskit.spec.properties import (
    AffineInvariant,
    ArgumentSymmetric,
    ClassificationCalibrated,
    Concave,
    Continuous,
    Convex,
    Differentiable,
    DivergenceAxioms,
    DuplicationInvariant,
    Elicits,
    LabelSymmetric,
    MarginBased,
    MinimisedAt,
    Monotone,
    NoiseTolerant,
    NonNegative,
    PermutationInvariant,
    Proper,
    QuasiConvex,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    SpatialInvariant,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    TranslationInvariant,
    TriangleInequality,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import ClassIndex, Distribution, Real


def candidates(spec: LossSpec) -> list[Property]:
    """Properties without constants that have to be measured, each once."""
    found = [
        NonNegative(),
        *_reorderings(spec),
        *_invariances(spec),
        *_shapes(spec),
        *_pairs(spec),
        *_of_labels(spec),
        *_places(spec),
        *_parameters(spec),
    ]
    return list({str(one): one for one in found}.values())


def predictions(spec: LossSpec) -> list[Input]:
    """Real inputs that a gradient flows to and that are always there."""
    return [i for i in real_inputs(spec) if i.differentiable]


def real_inputs(spec: LossSpec) -> list[Input]:
    """Inputs of real numbers that are always there."""
    return [i for i in spec.inputs if isinstance(i.domain, Real) and not i.optional and i.dtype == "float"]


def numeric(spec: LossSpec) -> list[Parameter]:
    """Parameters that are numbers and change the value."""
    return [p for p in spec.parameters.fields if p.kind in ("float", "int") and not p.tuning]


def class_axis(spec: LossSpec) -> str:
    """The shape symbol of the classes; empty where no label indexes one."""
    target = spec.class_target()
    return target.domain.of or "" if target is not None and isinstance(target.domain, ClassIndex) else ""


def _reorderings(spec: LossSpec) -> Iterator[Property]:
    if batch_symbol(spec):
        yield PermutationInvariant(over="batch")
    shares = any(isinstance(i.domain, Distribution) for i in spec.inputs)
    if class_axis(spec) or shares or spec.binary_target(coupled=True) is not None:
        yield PermutationInvariant(over="classes")
    behind_batch = len(spec.inputs[0].shape) > 1 and not class_axis(spec)
    if behind_batch or any(s.startswith("*") and s != batch_symbol(spec) for s in spec.symbols()):
        yield PermutationInvariant(over="points")
    if any(s.startswith("*") for s in spec.symbols()):
        yield SpatialInvariant()
    if spec.coupling is not None and batch_symbol(spec):
        yield DuplicationInvariant()


def _invariances(spec: LossSpec) -> Iterator[Property]:
    for entry in real_inputs(spec):
        for axis in _axes(spec, entry):
            for kind in (ShiftInvariant, ScaleInvariant, AffineInvariant):
                yield kind(on=entry.name, axis=axis)
            yield ScaleInvariant(on=entry.name, axis=axis, factor="negative")
    for group in _sharing(spec):
        yield RotationInvariant(on=group)
    for one, other in combinations(real_inputs(spec), 2):
        if one.shape == other.shape:
            yield TranslationInvariant(on=(one.name, other.name))


def _axes(spec: LossSpec, entry: Input) -> list[str | None]:
    """Axes that a constant may be added along: those within a sample, all of them where samples are coupled."""
    plain = [s for s in entry.shape if not s.startswith("*")]
    if spec.coupling is not None:
        return [*plain, "all"]
    return [s for s in plain if s != batch_symbol(spec)] or [None]


def _sharing(spec: LossSpec) -> Iterator[str | tuple[str, ...]]:
    """Inputs whose rows are vectors: one alone, and all that share the last axis."""
    rows = [i for i in predictions(spec) if len(i.shape) > 1 and i.shape[-1] != class_axis(spec)]
    rows = [i for i in rows if not i.shape[-1].startswith("*")]
    yield from (i.name for i in rows)
    for axis in dict.fromkeys(i.shape[-1] for i in rows):
        several = tuple(i.name for i in rows if i.shape[-1] == axis)
        if len(several) > 1:
            yield several


def _shapes(spec: LossSpec) -> Iterator[Property]:
    names = [i.name for i in predictions(spec)]
    groups: list[str | tuple[str, ...]] = [*names, *([tuple(names)] if len(names) > 1 else [])]
    for on in groups:
        for kind in (Continuous, Convex, StrictlyConvex, QuasiConvex, Concave):
            yield kind(on=on)
        yield from (Differentiable(on=on, order=order) for order in (1, 2))
        if class_axis(spec):
            yield from (Differentiable(on=on, order=order, region="distinct") for order in (1, 2))
    for name in names:
        for part in _parts(spec, name):
            yield from (Monotone(on=name, direction=way, part=part) for way in ("increasing", "decreasing"))


def _parts(spec: LossSpec, name: str) -> tuple[str, ...]:
    entry = spec.input(name)
    assert entry is not None
    if class_axis(spec) and class_axis(spec) == entry.shape[-1]:
        return ("label", "others")
    if class_axis(spec):
        return ()
    return ("positives", "negatives") if spec.binary_target(coupled=True) is not None else ("all",)


def _pairs(spec: LossSpec) -> Iterator[Property]:
    for one, other in combinations(real_inputs(spec), 2):
        if one.shape != other.shape or "reference" in (one.role, other.role):
            continue
        yield ArgumentSymmetric(a=one.name, b=other.name)
        if other.role == "target" and one.differentiable:
            yield TriangleInequality(a=one.name, b=other.name)
            yield Elicits(functional="mean", on=one.name, of=other.name)
            yield Elicits(functional="quantile", on=one.name, of=other.name)


def _of_labels(spec: LossSpec) -> Iterator[Property]:
    binary = spec.binary_target() is not None
    if spec.coupling is not None or not (class_axis(spec) or binary):
        return
    rate: Scalar = 0.5 if binary else 1 - 1 / symbol(class_axis(spec))
    yield from (LabelSymmetric(), MarginBased(), ClassificationCalibrated(), Proper(), StrictlyProper())
    yield from (NoiseTolerant(rate=rate), NoiseTolerant(rate=rate, rows="free"))
    yield from (UpperBounds(target="zero_one"), UpperBounds(target="zero_one", factor=1 / log(2.0)))
    if not binary:
        yield from (TopKCalibrated(k=2), LabelSymmetric(region="distinct"))


def _places(spec: LossSpec) -> Iterator[Property]:
    """Where the prediction states the target."""
    for entry in predictions(spec):
        place = _right(spec, entry)
        if place is not None:
            yield from (ZeroAt(where={entry.name: place}), MinimisedAt(where={entry.name: place}))
            yield DivergenceAxioms(of=entry.name, origin=place)
            if class_axis(spec) or spec.binary_target() is not None:
                yield ZeroAt(where={entry.name: place}, reach="approached")
                yield MinimisedAt(where={entry.name: place}, reach="approached")


def _right(spec: LossSpec, entry: Input) -> Scalar | None:
    """The direction or the place of a right prediction."""
    target, labels = spec.class_target(), spec.binary_target()
    if labels is not None:
        return 2 * symbol(labels.name) - 1
    if target is not None:
        axis = class_axis(spec)
        if axis not in entry.shape or len(entry.shape) != len(target.shape) + 1:
            return None
        return one_hot(symbol(target.name), symbol(axis), -1 if entry.shape[-1] == axis else entry.shape.index(axis))
    same = [i.name for i in real_inputs(spec) if i.role == "target" and i.shape == entry.shape and i is not entry]
    return symbol(same[0]) if same else None


def _parameters(spec: LossSpec) -> Iterator[Property]:
    for parameter in numeric(spec):
        if not parameter.optional and not parameter.words and not parameter.listed:
            yield from (Monotone(on=parameter.name, direction=way) for way in ("increasing", "decreasing"))
