"""From the configuration of a module back to the module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from losskit.registry.building import create
from losskit.registry.composing import compose
from losskit.spec.errors import ParameterError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

FIELDS = {"name", "parameters", "reduction"}
COMPOSITE = {*FIELDS, "parts", "schedules", "step"}


def from_config(config: Mapping[str, Any]) -> Loss:
    """Build a loss from what :meth:`losskit.plugins.base.Loss.config` returned, also after a trip through JSON.

    Raises:
        ParameterError: the configuration lacks its name or holds something else than name, parameters and reduction, and
            for a composite its parts and the schedules of its weights.
    """
    composite = "parts" in config
    surplus = sorted(set(config) - (COMPOSITE if composite else FIELDS))
    if "name" not in config or surplus:
        found = ", ".join(map(str, config)) or "nothing"
        raise ParameterError(f"a configuration holds name, parameters and reduction, found {found}")
    parameters = config.get("parameters", {})
    if not isinstance(config["name"], str) or not isinstance(parameters, Mapping) or "reduction" in parameters:
        raise ParameterError(
            f"a configuration holds a name, a mapping of parameters and beside it the reduction, found {dict(config)!r}"
        )
    reduction = config.get("reduction", "mean")
    return _composite(config, reduction) if composite else create(config["name"], reduction=reduction, **parameters)


def _composite(config: Mapping[str, Any], reduction: str) -> Loss:
    """Parts in their order with the weights in theirs, which come first among the parameters."""
    weights = [(name, value) for name, value in config.get("parameters", {}).items() if name.startswith("weight_")]
    parts, schedules = config["parts"], config.get("schedules", {})
    if len(parts) != len(weights):
        raise ParameterError(
            f"the configuration of {config['name']} must hold a weight for each of its {len(parts)} parts, "
            f"found {', '.join(name for name, _ in weights) or 'none'}"
        )
    tables = {name: {int(step): weight for step, weight in table.items()} for name, table in schedules.items()}
    pairs = [(from_config(part), tables.get(name, value)) for part, (name, value) in zip(parts, weights, strict=True)]
    loss = compose(pairs, reduction=reduction, name=config["name"])
    if "step" in config:
        go_on: Any = loss.set_step
        go_on(config["step"])
    return loss
