"""What the specs of foreign losses share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losskit.spec import Adapter, Claim, Input, LossSpec, Parameters
from losskit.spec.properties import PermutationInvariant
from losskit.spec.regimes import Interval
from losskit.spec.tensors import Binary, Real


class NoParameters(Parameters):
    """A loss without parameters."""


def foreign(
    name: str,
    module: str,
    *,
    inputs: Sequence[Input],
    claims: Sequence[Claim],
    adapter: Adapter | None = None,
    **more: Any,
) -> LossSpec:
    """The spec of a loss of another library; every one of them claims that the order of a batch does not matter.

    Args:
        name: for reports.
        module: place of the class or function.
        inputs: tensors in the order of the spec.
        claims: what a user would believe, with the place in the documentation.
        adapter: what differs from losskit's names; nothing if left out.
        more: other fields of the spec.
    """
    batch = PermutationInvariant(over="batch").holds(source="a mean over samples")
    common: dict[str, Any] = {
        "title": module.partition(":")[2],
        "summary": f"{module.replace(':', '.')}, held to its documentation.",
        "formula": "",
        "parameters": NoParameters,
        "output": ("B",),
        "weights": None,
        "references": (),
    }
    return LossSpec(
        **{**common, **more},
        name=name,
        module=module,
        adapter=adapter or Adapter(),
        inputs=tuple(inputs),
        claims=(batch, *claims),
    )


def values(
    name: str, *shape: str, low: float = -float("inf"), high: float = float("inf"), target: bool = False
) -> Input:
    """Real numbers, ends that are finite included; a gradient flows to them unless they are a target."""
    closed = {(True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither"}
    ends = closed[low > -float("inf"), high < float("inf")]
    domain = Real(interval=Interval(low=low, high=high, closed=ends))  # type: ignore[arg-type]
    role = "target" if target else "prediction"
    return Input(name=name, shape=shape, domain=domain, role=role, differentiable=not target)  # type: ignore[arg-type]


def marks(*shape: str) -> Input:
    """Targets of 0 and 1 as floating-point numbers."""
    return Input(name="target", shape=shape, domain=Binary(), role="target", differentiable=False)
