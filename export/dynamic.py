"""Parameters as inputs of a graph: one graph serves every value that takes the same branches of the loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from losskit.export.data import draw
from losskit.export.eager import tensors
from losskit.export.knobs import Asked, Knob, number
from losskit.export.manifest import Dynamic
from losskit.export.subject import Subject
from losskit.plugins.checks import concrete
from losskit.registry import build
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError, LosskitError
from losskit.spec.regimes import Interval, OneOf
from losskit.spec.tensors import Input, Real

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

FACTOR = 16.0  # a graph is offered for numbers up to so many times the one it is made at, and down to that share of it
STEPS = 24  # numbers looked at on either side, in a geometric sequence
NARROW = 1e-3  # of the number itself, or of 1 where it is 0: what a loss does there alone is the limit of what it does around it
HALVINGS = 40  # of the gap in which a branch changes


class Turned(nn.Module):
    """A loss that takes some of its parameters as inputs, tensors without axes.

    Called with numbers it is the loss built anew with them, which is what graphs are compared with. Where a graph is
    traced, or a gradient with respect to a parameter wanted, the parameters are :class:`losskit.export.knobs.Knob`.
    """

    def __init__(self, loss: Loss, names: Sequence[str]) -> None:
        super().__init__()
        self.loss, self.names, self.spec = loss, tuple(names), loss.spec
        self.reduction = loss.reduction

    def forward(self, **inputs: Tensor) -> Tensor:
        """The loss of the inputs at the parameters among them."""
        values = {name: inputs.pop(name) for name in self.names}
        if all(concrete(value) and not value.requires_grad for value in values.values()):
            given = {**self.loss.config()["parameters"], **{name: number(value) for name, value in values.items()}}
            built = build(self.spec, reduction=self.reduction, **given).to(next(iter(inputs.values())).device)
            anew: Tensor = built.eval()(**inputs)
            return anew
        at = {name: number(v) if concrete(v) else float(getattr(self.loss, name)) for name, v in values.items()}
        knobs = {name: Knob(value, at[name], []) for name, value in values.items()}
        with turning(self.loss, knobs):
            turned: Tensor = self.loss(**inputs)
        return turned


@contextmanager
def turning(loss: Loss, knobs: Mapping[str, Knob]) -> Iterator[None]:
    """The loss with knobs in place of its parameters.

    Within a level of forward differentiation no backward pass of a loss's own is taken: those know tensors alone.
    """
    kept = {name: getattr(loss, name) for name in knobs}
    try:
        for name, knob in knobs.items():
            setattr(loss, name, knob)
        with forward_ad.dual_level():
            yield
    finally:
        for name, value in kept.items():
            setattr(loss, name, value)


def find_ranges(subject: Subject, names: Sequence[str], *, differentiable: bool) -> tuple[Dynamic, ...]:
    """For each parameter the numbers that one graph serves.

    Args:
        subject: the loss with the parameters that the graph is made at.
        names: of parameters that are to be inputs.
        differentiable: whether the graph is to give gradients with respect to them, too.

    Raises:
        ExportError: the loss has no such parameter, it is no continuous number, or at this value the loss takes a form
            of its own.
    """
    return tuple(_range(subject, name, differentiable) for name in dict.fromkeys(names))


def _range(subject: Subject, name: str, differentiable: bool) -> Dynamic:
    at, branch = _check(subject, name), _branches(subject, name)
    here = branch(at)
    if here is None:
        raise ExportError(f"{subject.spec.name}: parameter {name} cannot be a graph's input: {_cause(subject, name)}")
    low, high = (_end(lambda value: branch(value) == here, at, side) for side in (-1, 1))
    if high - low < NARROW * (abs(at) or 1.0):
        raise ExportError(
            f"{subject.spec.name}: at {name} = {at:g} the loss takes a form of its own that holds nowhere around it; "
            "name another value, and the graph serves those around that one"
        )
    apart = tuple(v for v in _marked(subject.spec, name) if low <= v <= high and branch(v) != here)
    return Dynamic(name=name, low=low, high=high, apart=apart, differentiable=differentiable)


def turn(subject: Subject, ranges: Sequence[Dynamic]) -> Subject:
    """The loss with these parameters as inputs behind its own.

    Raises:
        ExportError: the loss has no such parameter, or it is no real number.
    """
    for one in ranges:
        _check(subject, one.name)
    entries = tuple(
        Input(
            name=one.name,
            shape=(),
            domain=Real(interval=Interval(low=one.low, high=one.high, closed="both")),
            role="parameter",
            differentiable=one.differentiable,
        )
        for one in ranges
    )
    shapes = {**subject.axes.shapes, **{entry.name: () for entry in entries}}
    axes = replace(subject.axes, inputs=(*subject.axes.inputs, *entries), shapes=shapes)
    return replace(subject, loss=Turned(subject.loss, [one.name for one in ranges]), axes=axes)  # type: ignore[arg-type]


def _check(subject: Subject, name: str) -> float:
    """The value the graph is made at."""
    field = subject.spec.parameters.get(name)
    if field is None:
        known = ", ".join(f.name for f in subject.spec.parameters.fields if f.kind == "float") or "none"
        raise ExportError(f"{subject.spec.name} has no parameter {name!r} to turn into an input; numbers are: {known}")
    if name in subject.axes.shapes:
        raise ExportError(f"{subject.spec.name}: the graphs take {name} as an input already")
    at = subject.parameters[name]
    if field.kind != "float" or isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
        raise ExportError(
            f"{subject.spec.name}: only a parameter that is a finite real number can be a graph's input, found {name} = {at!r}"
        )
    return float(at)


def _branches(subject: Subject, name: str) -> Callable[[float], tuple[tuple[str, bool], ...] | None]:
    """What the loss asks of a parameter on its way, and the answers; None where it refuses the value."""
    inputs = tensors(draw(subject.axes, subject.axes.traced, subject.parameters, seed=0))

    def branch(value: float) -> tuple[tuple[str, bool], ...] | None:
        asked: Asked = []
        try:
            loss = build(subject.spec, reduction=subject.reduction, **{**subject.parameters, name: value}).eval()
            with turning(loss, {name: Knob(torch.tensor(value), value, asked)}), torch.no_grad():
                loss(**inputs)
        except (LosskitError, RuntimeError, TypeError, ValueError):
            return None
        return tuple(asked)

    return branch


def _cause(subject: Subject, name: str) -> str:
    """Why a loss cannot compute with a knob."""
    inputs = tensors(draw(subject.axes, subject.axes.traced, subject.parameters, seed=0))
    at = float(subject.parameters[name])
    try:
        with turning(subject.loss, {name: Knob(torch.tensor(at), at, [])}), torch.no_grad():
            subject.loss(**inputs)
    except (LosskitError, RuntimeError, TypeError, ValueError) as error:
        return str(error).splitlines()[0]
    return "the loss takes it at no value"


def _end(same: Callable[[float], bool], at: float, side: int) -> float:
    """The farthest number on one side from which on the answers stay the same."""
    inside = at
    for outside in _outward(at, side):
        if same(outside):
            inside = outside
            continue
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if same(middle) else (inside, middle)
        break
    return inside


def _outward(at: float, side: int) -> Iterator[float]:
    """Numbers ever farther away: by a factor from a number, by steps that grow from 0."""
    for step in range(1, STEPS + 1):
        growth = FACTOR ** (step / STEPS)
        if at == 0:
            yield side * FACTOR ** (2 * step / STEPS - 1)
        else:
            yield at * growth if side * at > 0 else at / growth


def _marked(spec: LossSpec, name: str) -> tuple[float, ...]:
    """Numbers that the spec's regimes and examples single out, where a loss may have a form of its own."""
    found: set[float] = set()
    for claim in spec.claims:
        condition = claim.when.get(name)
        if isinstance(condition, Interval):
            found |= {condition.low, condition.high}
        elif isinstance(condition, OneOf):
            found |= {float(v) for v in condition.values if isinstance(v, int | float) and not isinstance(v, bool)}
    for example in spec.examples:
        value = example.parameters.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.add(float(value))
    return tuple(sorted(value for value in found if math.isfinite(value)))
