"""A worked value of a spec as a program that prints it."""

from __future__ import annotations

import math
from typing import Any

from losskit.spec import Example, Input, LossSpec


def snippet(spec: LossSpec, example: Example) -> str:
    """Python that builds the loss, calls it on the example's inputs and prints the expected value.

    Args:
        spec: the loss.
        example: one of its worked values that expects a number, not a refusal.
    """
    lines = ["import losskit", "import torch", ""]
    lines.append(f"loss = losskit.create({_call(spec.name, example)})")
    lines.append("value = loss(")
    lines += [
        f"    {_tensor(entry, example.inputs[entry.name])}," for entry in spec.inputs if entry.name in example.inputs
    ]
    lines += [")", f"print(value)  # {_expected(example)}"]
    return "\n".join(lines)


def _call(name: str, example: Example) -> str:
    words = [f'"{name}"', *(f"{key}={_literal(value)}" for key, value in example.parameters.items())]
    if example.reduction != "mean":
        words.append(f'reduction="{example.reduction}"')
    return ", ".join(words)


def _tensor(entry: Input, value: Any) -> str:
    if value is None:
        return f"{entry.name}=None"
    dtype = "torch.float64" if entry.dtype == "float" else "torch.int64"
    return f"{entry.name}=torch.tensor({_literal(value)}, dtype={dtype})"


def _expected(example: Example) -> str:
    return _literal(example.expected) + (f", {example.note}" if example.note else "")


def _literal(value: Any) -> str:
    """Python source of a number, a string or nested lists; infinities have no literal of their own."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(entry) for entry in value)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return f'"{value}"' if isinstance(value, str) and '"' not in value else repr(value)
