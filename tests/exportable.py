"""Parameters with which a loss can be exported: the defaults, or else those of a worked example."""

from typing import Any

import losskit
from losskit.spec.coupling import narrowing_at


def exportable(name: str) -> dict[str, Any]:
    """Parameters that differ from the defaults, none where the defaults will do."""
    spec = losskit.get(name)
    defaults = {field.name: field.default for field in spec.parameters.fields}
    for given in ({}, *(dict(example.parameters) for example in spec.examples)):
        if narrowing_at(spec, "ExportsONNX", {**defaults, **given}) is None:
            return given
    raise AssertionError(f"{name} shows no parameters with which it can be exported")
