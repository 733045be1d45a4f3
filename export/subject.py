"""What is exported: a loss with its parameters, its reduction and sizes for its axes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from losskit.export.axes import DTYPES, Axes, Dtype, GradientOf, Sizes, fit, lay_out
from losskit.export.data import draw
from losskit.export.eager import tensors
from losskit.registry import build
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError, InputError, LosskitError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss


@dataclass(frozen=True)
class Subject:
    """A loss ready to be exported.

    Attributes:
        spec: of the loss.
        loss: the module, in evaluation mode.
        parameters: all of them, ready for JSON.
        reduction: of the module.
        axes: of its inputs.
    """

    spec: LossSpec
    loss: Loss
    parameters: dict[str, Any]
    reduction: str
    axes: Axes

    def pulling(self, gradient_of: GradientOf) -> Subject:
        """The same loss for a graph whose gradient is taken of something else than the sum of the values.

        Raises:
            ExportError: the number of values depends on the data, so that nothing can weigh them.
        """
        if gradient_of != "weighted":
            return replace(self, axes=replace(self.axes, gradient_of=gradient_of))
        return replace(self, axes=self.axes.weighted_by(self._value_axes()))

    def _value_axes(self) -> tuple[str, ...]:
        """Names of the axes of the value, told by their sizes: those of the trace are distinct, and others must agree."""
        traced, larger, _ = self.axes.stored()
        names = {size: name for name, size in reversed(traced.items())}
        found = [names.get(size, "") for size in self._value_shape(traced)]
        if "" in found or self._value_shape(larger) != tuple(larger[name] for name in found):
            raise ExportError(
                f"{self.spec.name}: weighing the values takes an axis of the inputs for each axis of theirs, found "
                f"{self._value_shape(traced)} values at {traced} and {self._value_shape(larger)} at {larger}; take "
                "reduction mean or sum"
            )
        return tuple(found)

    def _value_shape(self, sizes: Sizes) -> tuple[int, ...]:
        with torch.no_grad():
            return tuple(self.loss(**tensors(draw(self.axes, sizes, self.parameters, seed=0))).shape)


def prepare(
    spec: LossSpec,
    parameters: Mapping[str, Any] | None = None,
    reduction: str = "mean",
    *,
    sizes: Mapping[str, int] | None = None,
    ranks: Mapping[str, int] | None = None,
    without: Collection[str] = (),
    dtype: Dtype = "float32",
) -> Subject:
    """Build a loss and find sizes that it takes.

    Args:
        spec: of the loss.
        parameters: by name; defaults for the rest.
        reduction: ``mean``, ``sum`` or ``none``.
        sizes: axes to fix at a size, such as ``{"C": 1}``.
        ranks: number of axes for variadic symbols, such as ``{"*spatial": 3}``.
        without: optional inputs to leave out.
        dtype: of the floating-point inputs.

    Raises:
        ParameterError: a parameter is unknown or outside its domain.
        ExportError: a dtype, axis, rank or input that the spec does not know, no sizes the loss takes, or a reduction that
            is no tensor.
    """
    if dtype not in DTYPES:
        raise ExportError(f"dtype must be one of {', '.join(DTYPES)}, found {dtype!r}")
    if reduction == "sum_count":
        raise ExportError(
            f"{spec.name}: a graph gives one tensor, expected reduction mean, sum or none, found 'sum_count'"
        )
    loss = build(spec, reduction=reduction, **dict(parameters or {})).eval()
    config = loss.config()["parameters"]
    axes = replace(lay_out(spec, ranks or {}, without), dtype=dtype)

    def refusal(trial: Axes, at: Sizes) -> LosskitError | None:
        return _refusal(loss, trial, at, config)

    try:
        fitted = fit(axes, refusal, dict(sizes or {}), _hints(config))
    except ExportError as error:
        raise ExportError(f"{spec.name}: {error}") from error
    return Subject(spec, loss, config, reduction, fitted)


def _refusal(loss: Loss, axes: Axes, sizes: Sizes, parameters: Mapping[str, Any]) -> LosskitError | None:
    inputs = tensors(draw(axes, sizes, parameters, seed=0))
    try:
        with torch.no_grad():
            loss(**inputs)
    except LosskitError as error:
        return error
    except (RuntimeError, ValueError, IndexError) as error:  # a size nobody checks, found out by an operator
        return InputError(str(error).splitlines()[0])
    return None


def _hints(parameters: Mapping[str, Any]) -> list[int]:
    """Sizes an axis may be tied to: lengths of lists, whole numbers, and their neighbours."""
    lengths = [len(value) for value in parameters.values() if isinstance(value, list)]
    counts = [v for v in parameters.values() if isinstance(v, int) and not isinstance(v, bool) and 2 <= v <= 1024]
    return [n for base in (*lengths, *counts) for n in (base, base - 1, base + 1) if n >= 2]
