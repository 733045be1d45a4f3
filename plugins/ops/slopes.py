"""Slopes written by hand for gradient graphs too: the steps of an autograd function are traced as they are taken.

A graph that takes its gradient through the operations of a value holds many times the nodes of the formula for the slope.
``torch.func.vjp`` cannot see into a function with its own backward pass unless it is written in two halves; here one in the
ordinary form, which eager mode runs at the least cost, is taken apart into the two.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

_TRACED = ContextVar("traced", default=False)
_COMPUTING = ContextVar("computing", default=False)


@contextmanager
def tracing_slopes() -> Iterator[None]:
    """Within, a trace of ``torch.func.vjp`` takes hand-written slopes; nobody may differentiate it again."""
    before = _TRACED.set(True)
    try:
        yield
    finally:
        _TRACED.reset(before)


def traced() -> bool:
    """Whether a gradient graph is being traced that takes hand-written slopes."""
    return (
        torch.compiler.is_exporting() and _TRACED.get()
    )  # asked in this order, for the compiler knows no context variable


def computing() -> bool:
    """Whether a pass written by hand is being traced, which nobody differentiates."""
    return traced() and _COMPUTING.get()


class OwnSlope(torch.autograd.Function):
    """An autograd function, in the ordinary form with a context, that gradient graphs take as well."""

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """The value, with the slope of ``backward``."""
        if not traced():
            return super().apply(*args)  # type: ignore[no-untyped-call]
        if computing():  # within another one, whose slope holds for both
            return cls.forward(_Context(), *args)
        pass_ = _Pass(cls)
        if torch._C._functorch.peek_interpreter_stack() is None:  # a graph of the value alone
            found = _written_out(pass_.forward, *args)
        else:
            found = _Halves.apply(pass_, *args)  # type: ignore[no-untyped-call]
        return found[0] if pass_.single else found[: pass_.count]


class _Context:
    """What a forward pass writes down: tensors, attributes, and whether it wants zeros for gradients that are none."""

    def __init__(self) -> None:
        self.saved_tensors: tuple[Tensor | None, ...] = ()
        self.needs_input_grad: tuple[bool, ...] = ()
        self.materializes = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        self.saved_tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:
        self.materializes = value

    def mark_non_differentiable(self, *_outputs: Tensor) -> None:
        pass  # their gradients are none


class _Pass:
    """One application: the function, its context, how many outputs it has, and where what it saved is to be found."""

    def __init__(self, function: type[torch.autograd.Function]) -> None:
        self.function = function
        self.context = _Context()
        self.single = False
        self.count = 0
        self.places: list[int | None] = []  # among the inputs, the outputs and what was made on the way

    def forward(self, *args: Any) -> tuple[Tensor, ...]:
        """The outputs, then what was saved beside inputs and outputs."""
        found = self.function.forward(self.context, *args)
        self.single = isinstance(found, Tensor)
        outputs = [found] if self.single else list(found)
        self.count = len(outputs)
        known = [*args, *outputs]
        self.places = []
        for tensor in self.context.saved_tensors:
            place = None if tensor is None else next((i for i, one in enumerate(known) if one is tensor), len(known))
            if place == len(known):
                known.append(tensor)
            self.places.append(place)
        return tuple(known[len(args) :])

    def backward(self, saved: Sequence[Tensor | None], *of_outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradient of each input."""
        self.context.saved_tensors = tuple(saved)
        found = self.function.backward(self.context, *of_outputs)
        return found if isinstance(found, tuple) else (found,)


class _Halves(torch.autograd.Function):
    """A function in the form that ``torch.func`` takes: the forward pass knows no context."""

    @staticmethod
    def forward(pass_: _Pass, *args: Any) -> tuple[Tensor, ...]:
        return _written_out(pass_.forward, *args)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        pass_, *args = inputs
        known = [*args, *output]
        ctx.pass_ = pass_
        ctx.save_for_backward(*(None if place is None else known[place] for place in pass_.places))
        ctx.mark_non_differentiable(*output[pass_.count :])
        ctx.set_materialize_grads(False)
        ctx.like = output[: pass_.count]

    @staticmethod
    def backward(ctx: Any, *of_outputs: Tensor | None) -> tuple[Tensor | None, ...]:
        pass_: _Pass = ctx.pass_
        given = of_outputs[: pass_.count]
        if pass_.context.materializes:
            given = tuple(torch.zeros_like(x) if g is None else g for g, x in zip(given, ctx.like, strict=True))
        pass_.context.needs_input_grad = ctx.needs_input_grad[1:]
        return None, *_written_out(pass_.backward, ctx.saved_tensors, *given)


def _written_out(step: Callable[..., tuple[Any, ...]], *args: Any) -> tuple[Any, ...]:
    """A step without its writes into tensors, which a graph does not have."""
    before = _COMPUTING.set(True)
    try:
        with torch.no_grad():
            found: tuple[Any, ...] = torch.func.functionalize(step)(*args)
            return found
    finally:
        _COMPUTING.reset(before)
