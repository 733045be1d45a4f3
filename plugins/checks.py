"""What a loss checks of its inputs, read off its spec: rank, size, dtype always; values where they cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.debug import is_debug, is_unread
from losskit.spec import LossSpec
from losskit.spec.coupling import least_at
from losskit.spec.errors import InputError, InputTypeError
from losskit.spec.regimes import Interval, describe_regime
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

SUM_SLACK = 4e-3  # how far from 1 a row of probabilities may sum: each rounded to bfloat16, they are off by 1 / 256
ANYWHERE = Interval()
ZERO = Interval(low=0.0, high=0.0, closed="both")
FALLING = Interval(high=0.0, closed="right")
UNIT = Interval(low=0.0, high=1.0, closed="both")
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def check_inputs(spec: LossSpec, inputs: Mapping[str, Tensor | None], parameters: Mapping[str, Any]) -> None:
    """Refuse inputs that the loss is not defined for.

    Rank, size and dtype are read without touching values. Values are checked on CPU tensors in eager mode, and on
    other devices under :func:`losskit.debug`.

    Raises:
        InputTypeError: an input is no tensor or has the wrong dtype.
        InputError: an input has the wrong rank, size or values, or is missing.
    """
    sizes = check_shapes(spec, inputs)
    _check_limits(spec, sizes, parameters)
    if not _eager():  # asked once for all of them
        return
    for entry in spec.inputs:
        tensor = inputs.get(entry.name)
        if tensor is not None and tensor.numel() and _own(tensor) and _open(tensor):
            _check_values(spec.name, entry, tensor, sizes, parameters)


def check_shapes(spec: LossSpec, inputs: Mapping[str, Tensor | None]) -> dict[str, tuple[str, Any]]:
    """Refuse inputs of the wrong type, rank or size, and read off what each shape symbol is, and from which input.

    Raises:
        InputTypeError: an input is no tensor or has the wrong dtype.
        InputError: an input has the wrong rank or size, or is missing.
    """
    sizes: dict[str, tuple[str, Any]] = {}
    for entry in spec.inputs:
        tensor = inputs.get(entry.name)
        if tensor is None:
            if not entry.optional:
                raise InputError(f"{spec.name}: input {entry.name} is missing")
            continue
        _check_type(spec.name, entry, tensor)
        _check_shape(spec.name, entry, tensor, sizes)
    return sizes


def check_weight(name: str, weight: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse sample weights of another shape than the samples, or negative ones."""
    if not isinstance(weight, Tensor) or weight.dtype not in FLOATS:
        found = weight.dtype if isinstance(weight, Tensor) else type(weight).__name__
        raise InputTypeError(f"{name}: sample_weight must be a floating-point tensor, found {found}")
    if tuple(weight.shape) != shape:
        raise InputError(f"{name}: sample_weight must have the shape {shape}, found {tuple(weight.shape)}")
    if weight.numel() and readable(weight):
        refuse(name, "sample_weight", weight, ~((weight >= 0) & weight.isfinite()), "finite numbers >= 0")


def check_precision(name: str, first: str, inputs: Mapping[str, Tensor | None]) -> None:
    """Refuse inputs of which some are float64 and others not, where matrices are multiplied: the first is the measure."""
    measure = inputs[first]
    for entry, tensor in inputs.items():
        if tensor is None or measure is None or (tensor.dtype == torch.float64) == (measure.dtype == torch.float64):
            continue
        raise InputTypeError(
            f"{name}: input {entry} must be float64 if {first} is and only then, "
            f"found {tensor.dtype} beside {measure.dtype}"
        )


def _check_type(name: str, entry: Input, tensor: object) -> None:
    float_wanted = entry.dtype == "float"
    if isinstance(tensor, Tensor) and (tensor.dtype in FLOATS if float_wanted else tensor.dtype == torch.int64):
        return
    wanted = "a floating-point tensor" if float_wanted else "an int64 tensor"
    found = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
    raise InputTypeError(f"{name}: input {entry.name} must be {wanted}, found {found}")


def _check_shape(name: str, entry: Input, tensor: Tensor, sizes: dict[str, tuple[str, Any]]) -> None:
    variadic = _variadic(entry.shape)
    fixed = len(entry.shape) - (variadic is not None)
    shape = tuple(tensor.shape)
    if len(shape) < fixed or (variadic is None and len(shape) > fixed):
        rank = _axes(fixed) if variadic is None else f"at least {_axes(fixed)}"
        found = f"{_axes(len(shape))}, shape {shape}"
        raise InputError(f"{name}: input {entry.name} must have {rank}, {entry.describe_shape()}, found {found}")
    position = 0
    for symbol in entry.shape:
        width = len(shape) - fixed if symbol == variadic else 1
        size: Any = shape[position : position + width] if symbol == variadic else shape[position]
        position += width
        first, known = sizes.setdefault(symbol, (entry.name, size))
        if known != size:
            what = f"{symbol} = {known} as {first} has it"
            raise InputError(f"{name}: input {entry.name} must have {what}, found {size}, shape {shape}")


@cache
def _variadic(shape: tuple[str, ...]) -> str | None:
    """The symbol of a shape that stands for any number of axes."""
    return next((symbol for symbol in shape if symbol.startswith("*")), None)


def _check_limits(spec: LossSpec, sizes: Mapping[str, tuple[str, Any]], parameters: Mapping[str, Any]) -> None:
    for symbol, least in least_at(spec, parameters).items():
        first, size = sizes.get(symbol, ("", least))
        if size < least:
            reasons = [f" with {describe_regime(one.when)}" for one in spec.least_when if one.symbol == symbol]
            told = "" if spec.least.get(symbol) == least else "".join(reasons[:1])
            raise InputError(f"{spec.name}: input {first} must have {symbol} >= {least}{told}, found {symbol} = {size}")
    for parameter in spec.parameters.fields:
        value = parameters[parameter.name]
        if value is not None and parameter.at_most in sizes:
            first, size = sizes[parameter.at_most]
            if value > size:
                wanted = f"at most {parameter.at_most} = {size} as {first} has it"
                raise InputError(f"{spec.name}: parameter {parameter.name} must be {wanted}, found {value}")
        if isinstance(value, tuple) and parameter.length in sizes:
            first, size = sizes[parameter.length]
            last = size[-1:] if isinstance(size, tuple) else (size,)
            if last != (len(value),):
                axis = "a last axis" if isinstance(size, tuple) else parameter.length
                wanted = f"{axis} = {len(value)} as parameter {parameter.name} has it"
                raise InputError(f"{spec.name}: input {first} must have {wanted}, found {last[0] if last else 'none'}")


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def readable(tensor: Tensor) -> bool:
    """Whether values may be read here: eager mode, and on an accelerator only under :func:`losskit.debug`."""
    return concrete(tensor) and _open(tensor)


def concrete(tensor: Tensor) -> bool:
    """Whether a tensor has values of its own: eager mode, no ``torch.func`` transform, nothing that stands for others."""
    return _eager() and _own(tensor)


def _eager() -> bool:
    return not (torch.compiler.is_compiling() or torch.jit.is_tracing())


def _open(tensor: Tensor) -> bool:
    """Whether reading values costs nothing where they lie, or is asked for all the same."""
    return (tensor.device.type == "cpu" and not is_unread()) or is_debug()


def _own(tensor: Tensor) -> bool:
    if type(tensor) not in (Tensor, torch.nn.Parameter) or (tensor.is_meta and not is_unread()):
        return False
    return not torch._C._functorch.is_functorch_wrapped_tensor(tensor)


def _check_values(
    name: str, entry: Input, tensor: Tensor, sizes: dict[str, tuple[str, Any]], parameters: Mapping[str, Any]
) -> None:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        if domain.of is not None:
            _check_class(name, entry.name, tensor, domain, sizes[domain.of][1], parameters)
    elif isinstance(domain, Binary):
        t = tensor.detach()
        if not _within(torch.addcmul(t, t, t, value=-1), ZERO):  # t - t^2, a pass fewer than both comparisons
            refuse(name, entry.name, tensor, (tensor != 0) & (tensor != 1), "0 or 1")
    elif isinstance(domain, Probability):
        _check_interval(name, entry.name, tensor, UNIT, "a number in [0, 1]")
    elif isinstance(domain, Distribution):
        _check_interval(name, entry.name, tensor, UNIT, "a number in [0, 1]")
        total = tensor.sum(dim=-1, dtype=torch.float64)
        refuse(name, entry.name, total, (total - 1).abs() > SUM_SLACK, "rows that sum to 1")
    elif isinstance(domain, Real) and domain.at(parameters) != ANYWHERE:
        interval = domain.at(parameters)
        _check_interval(name, entry.name, tensor, interval, f"a number in {interval}")
    if isinstance(domain, Real) and domain.falling and tensor.shape[-1] > 1:
        _check_falling(name, entry.name, tensor)


def _within(tensor: Tensor, interval: Interval) -> bool:
    """Whether all entries lie there, in one pass; not-a-number does not."""
    least, most = tensor.detach().aminmax()
    return least.item() in interval and most.item() in interval


def _check_interval(name: str, entry: str, tensor: Tensor, interval: Interval, wanted: str) -> None:
    if _within(tensor, interval):
        return
    low = tensor >= interval.low if interval.includes_low else tensor > interval.low
    high = tensor <= interval.high if interval.includes_high else tensor < interval.high
    refuse(name, entry, tensor, ~(low & high), wanted)


def _check_falling(name: str, entry: str, tensor: Tensor) -> None:
    if _within(tensor.detach().diff(dim=-1), FALLING):
        return
    rises = torch.zeros_like(tensor, dtype=torch.bool)
    rises[..., 1:] = tensor[..., 1:] > tensor[..., :-1]
    refuse(name, entry, tensor, rises, "numbers that do not increase along the last axis")


def _check_class(
    name: str, entry: str, tensor: Tensor, domain: ClassIndex, size: int, parameters: Mapping[str, Any]
) -> None:
    count = domain.classes(size)
    least, most = (end.item() for end in tensor.aminmax())
    if not (least >= 0 and most < count):  # else none is outside, be it ignored or wrong
        bad = (tensor < 0) | (tensor >= count)
        wanted = f"a class id in 0..{count - 1}"
        ignore = parameters.get(domain.ignore) if domain.ignore else None
        if ignore is not None:
            bad = bad & (tensor != ignore)
            wanted += f" or {ignore}"
        refuse(name, entry, tensor, bad, wanted)
    if domain.every:
        absent = torch.bincount(tensor.flatten(), minlength=count) == 0
        if bool(absent.any()):
            found = f"found none of class {int(absent.nonzero()[0])}"
            raise InputError(
                f"{name}: input {entry} must hold at least 1 sample of each of the {count} classes, {found}"
            )


def refuse(name: str, entry: str, tensor: Tensor, bad: Tensor, wanted: str) -> None:
    """Raise an :class:`InputError` with the first entry of ``tensor`` where ``bad`` is true, if there is one."""
    if not bool(bad.any()):
        return
    index = tuple(bad.nonzero()[0].tolist())
    where = index[0] if len(index) == 1 else index
    raise InputError(f"{name}: input {entry} must hold {wanted}, found {tensor[index].item()} at index {where}")
