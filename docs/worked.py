"""The worked values of a spec as a program, for the page of the loss."""

from __future__ import annotations

from losskit.spec import Example, LossSpec


def example(spec: LossSpec) -> str:
    """The worked values of a spec as a program."""
    return "\n\n".join(_call(spec, shown) for shown in spec.examples)


def _call(spec: LossSpec, shown: Example) -> str:
    given = [f'"{spec.name}"', *(f"{name}={value!r}" for name, value in shown.parameters.items())]
    given += [] if shown.reduction == "mean" else [f'reduction="{shown.reduction}"']
    tensors = ",\n".join(f"    {_tensor(spec, name, value)}" for name, value in shown.inputs.items())
    outcome = f"# {shown.expected}" if not shown.refused else f"# refused: {shown.refused}"
    note = f"  ({shown.note})" if shown.note else ""
    return f"losskit.create({', '.join(given)})(\n{tensors},\n)  {outcome}{note}"


def _tensor(spec: LossSpec, name: str, value: object) -> str:
    entry = spec.input(name)
    dtype = "torch.int64" if entry is not None and entry.dtype == "int64" else "torch.float64"
    return f"{name}=torch.tensor({value!r}, dtype={dtype})"
