"""Losses made of losses: a weighted sum with a derived spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from losskit.registry.building import build, resolve
from losskit.registry.loading import get
from losskit.registry.places import load
from losskit.spec import LossSpec
from losskit.spec.composition import Given, derive
from losskit.spec.errors import ParameterError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss
    from losskit.plugins.composed import ComposedLoss

SCHEDULED = "losskit.plugins.scheduled:scheduled"
Weight = float | Mapping[int, float] | Callable[[int], float]


def compose(
    parts: Mapping[str, Weight] | Iterable[tuple[str | Loss | LossSpec, Weight]],
    *,
    reduction: str = "mean",
    name: str = "",
) -> ComposedLoss:
    """The weighted sum of losses, as a loss with a spec of its own.

    The weights are its parameters, ``weight_<part>``, and the parameters of the parts are fixed. Its claims are those that
    a sum with weights of at least 0 inherits (:mod:`losskit.spec.sums`); ``losskit.verify(loss.spec)`` tries to refute them.

    Args:
        parts: weights by name, ``{"dice": 0.5, "cross_entropy": 0.5}``; or pairs of a loss and its weight, where the loss is
            a name, a module with parameters of its own, ``losskit.create("focal", gamma=3.0)``, or a spec. A weight is a
            number, or a schedule: a function of the step, or a table from steps to the weights that apply from there on.
        reduction: ``mean``, ``sum``, ``none`` or ``sum_count``; ``mean`` where the parts have no rows in common.
        name: of the sum; the names of the parts joined by ``_plus_`` if left out.

    Returns:
        An ``nn.Module``; with a schedule it has ``set_step(step)``, to be called before each step, and its ``state_dict``
        holds the step.

    Raises:
        UnknownLossError: no such loss.
        SpecError: the parts take inputs of one name that have nothing in common.
        ParameterError: there is no part, a weight is negative, or a part has a reduction of its own.
    """
    pairs = [_pair(pair) for pair in (parts.items() if isinstance(parts, Mapping) else parts)]
    plain = [not callable(weight) and not isinstance(weight, Mapping) for _, weight in pairs]
    given = [
        Given(spec, values, _number(spec.name, weight) if numeric else 1.0)
        for ((spec, values), weight), numeric in zip(
            ((_part(loss, reduction), w) for loss, w in pairs), plain, strict=True
        )
    ]
    spec = derive(given, name)
    schedules = {
        part.weight: weight for part, (_, weight), numeric in zip(spec.parts, pairs, plain, strict=True) if not numeric
    }
    if not schedules:
        return build(spec, reduction=reduction)  # type: ignore[return-value]
    inner = reduction if spec.output else "mean"
    modules = [build(part.loss, reduction=inner, **part.parameters) for part in spec.parts]
    scheduled: ComposedLoss = resolve(spec.name, SCHEDULED)(spec, modules, schedules, reduction)
    return scheduled


def _pair(given: Any) -> tuple[Any, Any]:
    if isinstance(given, tuple | list) and len(given) == 2:
        return given[0], given[1]
    raise ParameterError(
        f"compose takes a mapping of names to weights or pairs (loss, weight), found {given!r}, which is no pair"
    )


def _number(name: str, weight: Any) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise ParameterError(
            f"compose: the weight of {name} must be a number, a table from steps to numbers or a function of the step, "
            f"found {weight!r}"
        )
    return float(weight)


def _part(loss: Any, reduction: str) -> tuple[LossSpec, dict[str, Any]]:
    """The spec of a part, and its parameters."""
    if isinstance(loss, LossSpec):
        return loss, {}
    if isinstance(loss, str):
        specs = load(loss)
        if len(specs) != 1:
            raise ParameterError(f"compose: {loss} is {len(specs)} losses, expected one")
        return specs[0], {}
    spec, config = getattr(loss, "spec", None), getattr(loss, "config", None)
    if not isinstance(spec, LossSpec) or config is None:
        raise ParameterError(
            f"compose: a part is a name, a loss that create made or a spec, found {type(loss).__name__}; a function becomes "
            "one by losskit.wrap"
        )
    own = loss.reduction
    if own not in ("mean", reduction):
        raise ParameterError(
            f"compose: {spec.name} was made with the reduction {own!r}, and parts are reduced alike; give the reduction to "
            "compose and none to the part"
        )
    return spec, config()["parameters"]


def recomposed(spec: LossSpec) -> LossSpec:
    """The spec of a composite derived anew from its parts, registered losses all, whatever code the given one names.

    Raises:
        UnknownLossError: a part is not registered.
    """
    fields = spec.parameters
    given = [
        Given(
            recomposed(part.loss) if part.loss.parts else get(part.loss.name),
            part.parameters,
            _number(part.loss.name, getattr(fields.get(part.weight), "default", None)),
        )
        for part in spec.parts
    ]
    return derive(given, spec.name)
