"""From a name to a module, and from a module to its configuration and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from losskit.registry.isolation import guarded, plugin_at
from losskit.registry.loading import get
from losskit.spec import LossSpec

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

# by their places, as every loss is: naming them would import the tensor library
ADAPT = "losskit.plugins.adapted:adapt"
COMPOSED = "losskit.plugins.composed:composed"
WRAPPED: dict[str, Any] = {}  # functions that this process alone knows, by the place their specs name
TENSORS = 15.0  # seconds that nobody wonders about: whoever builds a loss waits for the tensor library as well


def create(name: str, *, reduction: str = "mean", **parameters: Any) -> Loss:
    """Build a loss by name.

    Args:
        name: a registered loss, see :func:`losskit.names`.
        reduction: ``mean``, ``sum``, ``none``, or ``sum_count`` for the pair of the sum and the mean's divisor: added up
            over micro-batches, one over the other is the mean of the big batch, and so are their gradients.
        parameters: by name; the spec knows defaults and domains.

    Returns:
        An ``nn.Module``; call it with the inputs of its spec and, where the loss takes it, ``sample_weight``.

    Raises:
        UnknownLossError: no such loss.
        ParameterError: a parameter is unknown or outside its domain, or samples act on each other and ``sum_count`` is
            asked for.
        PluginError: the plugin is broken.
    """
    return build(get(name), reduction=reduction, **parameters)


def build(spec: LossSpec, /, *, reduction: str = "mean", **parameters: Any) -> Loss:
    """Build the module that a spec names, registered or not; a foreign loss behind its adapter, a composite of its parts."""
    if spec.parts:
        inner = reduction if spec.output else "mean"
        parts = [build(part.loss, reduction=inner, **part.parameters) for part in spec.parts]
        composite: Loss = resolve(spec.name, COMPOSED)(spec)(parts, reduction=reduction, **parameters)
        return composite
    kind = resolve(spec.name, spec.module)
    if spec.adapter is not None:
        kind = resolve(spec.name, ADAPT)(spec, kind)
    module: Loss = kind(reduction=reduction, **parameters)
    return module


def resolve(name: str, place: str) -> Any:
    """The object at ``package.module:attribute``.

    Raises:
        PluginError: it cannot be imported.
    """
    if place in WRAPPED:
        return WRAPPED[place]
    if place.partition(":")[0] in sys.modules:  # nothing to wait for, and the guard's clock costs more than the look-up
        with suppress(Exception):
            return plugin_at(place)
    return guarded(f"{name}: {place}", lambda: plugin_at(place), verb="cannot be imported", patience=TENSORS)


def reference(spec: LossSpec) -> Callable[..., Any]:
    """The NumPy reference of a loss, called with inputs and parameters by name; of a composite made of its parts'.

    Raises:
        PluginError: it cannot be imported.
    """
    function: Callable[..., Any] = resolve(spec.name, spec.oracle)
    if not spec.parts:
        return function
    oracles = [reference(part.loss) for part in spec.parts]
    return lambda **given: function(spec, oracles, given)


def reference_gradient(spec: LossSpec) -> Callable[..., Any]:
    """The formula of a loss's gradient, likewise.

    Raises:
        PluginError: it cannot be imported.
    """
    function: Callable[..., Any] = resolve(spec.name, spec.oracle_gradient)
    if not spec.parts:
        return function
    oracles = [reference(part.loss) for part in spec.parts]
    formulas = [reference_gradient(part.loss) if part.loss.oracle_gradient else None for part in spec.parts]
    return lambda **given: function(spec, oracles, formulas, given)
