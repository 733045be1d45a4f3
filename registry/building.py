"""From a name to a module, and from a module to its configuration and back."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from losskit.registry.loading import get
from losskit.spec import LossSpec
from losskit.spec.errors import ParameterError, PluginError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

ADAPT = "losskit.plugins.adapted:adapt"  # by its place, as every loss is: naming it would import the tensor library


def create(name: str, /, *, reduction: str = "mean", **parameters: Any) -> Loss:
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
    """Build the module that a spec names, registered or not; a foreign loss behind its adapter."""
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
    path, _, attribute = place.partition(":")
    try:
        return getattr(import_module(path), attribute)
    except (Exception, SystemExit) as error:  # code of a plugin runs here, and may fail in any way
        raise PluginError(f"{name}: {place} cannot be imported: {type(error).__name__}: {error}") from error


def from_config(config: Mapping[str, Any]) -> Loss:
    """Build a loss from what :meth:`losskit.plugins.base.Loss.config` returned, also after a trip through JSON.

    Raises:
        ParameterError: the configuration lacks its name or holds something else than name, parameters and reduction.
    """
    surplus = sorted(set(config) - {"name", "parameters", "reduction"})
    if "name" not in config or surplus:
        found = ", ".join(map(str, config)) or "nothing"
        raise ParameterError(f"a configuration holds name, parameters and reduction, found {found}")
    parameters = config.get("parameters", {})
    if not isinstance(config["name"], str) or not isinstance(parameters, Mapping) or "reduction" in parameters:
        raise ParameterError(
            f"a configuration holds a name, a mapping of parameters and beside it the reduction, found {dict(config)!r}"
        )
    return create(config["name"], reduction=config.get("reduction", "mean"), **parameters)
