"""An accelerator that every machine has: tensors with a place but no values, and an alarm where the host would wait for them.

The meta device stands for the accelerator. What it does not show is what depends on values, and kernels that wait by
themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from losskit.plugins.debug import unread

THERE = "meta"
READS = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
LITERALS = (torch.tensor, torch.as_tensor, torch.asarray, Tensor.new_tensor)
ARRAYS = (Tensor.numpy, Tensor.__array__)
PUBLIC = {"_local_scalar_dense": "item", "_to_copy": "to", "_unique2": "unique"}
HERE = Path(__file__)
FRAMEWORK, HARNESS = Path(torch.__file__).parent, HERE.parent
LOSSES = FRAMEWORK / "nn"  # the framework's own


class AstrayError(RuntimeError):
    """The host would wait, or a tensor is on another device."""


@contextmanager
def accelerator() -> Iterator[None]:
    """Let meta tensors act as an accelerator's.

    Raises:
        AstrayError: the host would wait for one of them, or tensors meet that lie on different devices.
    """
    with unread(), _Calls(), _Operations():  # type: ignore[no-untyped-call]
        yield


class _Calls(TorchFunctionMode):
    """Raises where Python makes a tensor of numbers there, which no operation shows, or takes one for an array."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = any(map(_there, (*args[:1], kwargs.get("data"))))
        if given and func in ARRAYS:
            raise AstrayError(f"the host waits for the result of {resolve_name(func)}{_place()}")
        found = func(*args, **kwargs)
        if func in LITERALS and _there(found) and (func is Tensor.new_tensor or not given):
            raise AstrayError(f"{resolve_name(func)} copies numbers from the host{_place()}")
        return found


class _Operations(TorchDispatchMode):
    """Raises where an operation asks for values, copies between devices or mixes them."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if any(map(_there, tensors)):
            if reads(func, args, kwargs):
                raise AstrayError(f"the host waits for the result of {_word(func)}{_place()}")
            if any(tensor.dim() and not _there(tensor) for tensor in tensors):
                raise AstrayError(f"{_word(func)} meets a tensor of another device{_place()}")
        if _leaves(func, tensors, kwargs):
            raise AstrayError(f"{_word(func)} copies from one device to another{_place()}")
        return func(*args, **kwargs)


def _there(thing: Any) -> bool:
    return isinstance(thing, Tensor) and thing.device.type == THERE


def reads(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether an operation needs values on the host: for a number, or for the size of its result."""
    packet = func.overloadpacket
    if packet in (torch.ops.aten.index, torch.ops.aten.index_put, torch.ops.aten.index_put_):
        masks = any(isinstance(i, Tensor) and i.dtype in (torch.bool, torch.uint8) for i in args[1])
        return masks and (len(args) < 3 or args[2].dim() > 0)  # a number is filled in without counting
    return bool(READS.intersection(func.tags)) and kwargs.get("output_size") is None


def _leaves(func: Any, tensors: list[Tensor], kwargs: Any) -> bool:
    """Whether an operation copies between devices."""
    if func.overloadpacket is torch.ops.aten.copy_:
        return tensors[0].device != tensors[-1].device
    if func.overloadpacket is torch.ops.aten._to_copy:
        target = kwargs.get("device")
        return target is not None and torch.device(target).type != tensors[0].device.type
    return False


def _word(func: Any) -> str:
    """The name of an operation as Python has it."""
    name: str = func.overloadpacket.__name__
    return PUBLIC.get(name, name)


def _place() -> str:
    """Where the code of the loss stands, as far as it is Python."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        within = path.is_relative_to
        if within(HARNESS) and path != HERE:  # what called the loss
            return ""
        if path.is_file() and path != HERE and (within(LOSSES) or not within(FRAMEWORK)):
            return f" ({path.parent.name}/{path.name}, line {frame.f_lineno})"
        frame = frame.f_back
    return ""
