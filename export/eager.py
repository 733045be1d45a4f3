"""What the module itself says: value and gradient by autograd, the measure for every graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from losskit.export.axes import UPSTREAM, Axes, GradientOf

Array = NDArray[Any]
VALUE = "loss"


def gradient_name(entry: str) -> str:
    """Name of the output that holds the gradient with respect to an input."""
    return f"grad_{entry}"


def differentiable(axes: Axes) -> tuple[str, ...]:
    """Inputs of the graph that a gradient flows to."""
    return tuple(entry.name for entry in axes.inputs if entry.differentiable)


def output_names(axes: Axes, gradient: bool) -> tuple[str, ...]:
    """Names of the outputs of a value graph, or of a value-and-gradient graph."""
    gradients = tuple(gradient_name(name) for name in differentiable(axes)) if gradient else ()
    return (VALUE, *gradients)


def tensors(inputs: Mapping[str, Array], device: str = "cpu", double: bool = False) -> dict[str, torch.Tensor]:
    """Arrays as tensors on a device; floats in float64 if ``double``."""
    made = {name: torch.from_numpy(np.array(values)).to(device) for name, values in inputs.items()}
    return {name: t.double() if double and t.is_floating_point() else t for name, t in made.items()}


def value_and_gradient(
    call: nn.Module, axes: Axes, inputs: Mapping[str, Array], device: str = "cpu", double: bool = False
) -> dict[str, Array]:
    """Value of a module and its gradient with respect to every differentiable input, by output name.

    Args:
        call: takes the inputs by name.
        axes: inputs of the graph, and what of the value the gradient is taken of.
        inputs: one array for each.
        device: where to compute.
        double: in float64 instead of float32.
    """
    return outputs(call, differentiable(axes), inputs, device, double, axes.gradient_of)


def outputs(
    call: Any,
    names: Sequence[str],
    inputs: Mapping[str, Array],
    device: str = "cpu",
    double: bool = False,
    gradient_of: GradientOf = "sum",
) -> dict[str, Array]:
    """As :func:`value_and_gradient`, with the inputs to differentiate with respect to by name."""
    given = tensors(inputs, device, double)
    upstream = given.pop(UPSTREAM, None)
    for name in names:
        given[name].requires_grad_()
    with torch.enable_grad():
        value = call(**given)
    found = {VALUE: value}
    pulled = pulled_back(value, gradient_of, upstream)
    for name, gradient in zip(names, _gradients(value, pulled, [given[name] for name in names]), strict=True):
        found[gradient_name(name)] = gradient
    return {name: tensor.detach().cpu().numpy() for name, tensor in found.items()}


def pulled_back(value: torch.Tensor, gradient_of: GradientOf, upstream: torch.Tensor | None) -> torch.Tensor:
    """What is multiplied with the slopes of the values: ones, shares of the mean, or the gradient from behind."""
    if upstream is not None:
        return upstream.to(value.dtype)
    ones = torch.ones_like(value)
    return ones / value.numel() if gradient_of == "mean" else ones


def _gradients(value: torch.Tensor, pulled: torch.Tensor, subjects: list[torch.Tensor]) -> list[torch.Tensor]:
    if not subjects:
        return []
    if not value.requires_grad:
        return [torch.zeros_like(subject) for subject in subjects]
    found = torch.autograd.grad(value, subjects, pulled, allow_unused=True)
    return [torch.zeros_like(s) if g is None else g for s, g in zip(subjects, found, strict=True)]
