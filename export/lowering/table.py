"""Which function lowers which operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from losskit.export.lowering.values import Shape

Lowering = Callable[..., Any]
F = TypeVar("F", bound=Lowering)

TABLE: dict[str, Lowering] = {}


@dataclass(frozen=True)
class Meta:
    """What the tracer knows of the tensor that an operator gives."""

    dtype: torch.dtype
    shape: Shape


def lowers(*names: str) -> Callable[[F], F]:
    """Enter a function for operators of core ATen, such as ``sum.dim_IntList``.

    The function takes the builder, the :class:`Meta` of its result (a tuple of them where there are several) and the
    operator's own arguments, tensors as :class:`~losskit.export.lowering.values.Value`; it gives one or several values.
    """

    def enter(function: F) -> F:
        for name in names:
            assert name not in TABLE, f"{name} is lowered twice"
            TABLE[name] = function
        return function

    return enter
