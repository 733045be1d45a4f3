"""Numbers whose value is a tensor: what a parameter is to a loss while a graph takes it as an input."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from losskit.spec.errors import ExportError

Asked = list[tuple[str, bool]]


class Knob:
    """A parameter, or what a loss computed of it with other numbers.

    Arithmetic goes on with the tensor. A comparison is a question that a graph cannot ask: it is answered for the number
    the graph is made at, and written down, for the graph holds only for numbers that give the same answers.

    Args:
        tensor: of no axes; a placeholder while a loss is traced.
        at: the number that comparisons are answered for.
        asked: where they are written down.
    """

    def __init__(self, tensor: Tensor, at: float, asked: Asked) -> None:
        self.tensor, self.at, self.asked = tensor, at, asked

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Hand the tensor to an operation of the framework."""
        given = {name: _plain(value) for name, value in (kwargs or {}).items()}
        return function(*(_plain(value) for value in args), **given)

    def __float__(self) -> float:
        raise ExportError("the loss asks for the number itself, which a graph's input is not")

    def __int__(self) -> int:
        return int(float(self))

    __index__ = __int__

    def __bool__(self) -> bool:
        return self._answer("!=", bool(self.at))

    def __neg__(self) -> Knob:
        return Knob(-self.tensor, -self.at, self.asked)

    def __abs__(self) -> Knob:
        return Knob(self.tensor.abs(), abs(self.at), self.asked)

    def _answer(self, question: str, answer: bool) -> bool:
        self.asked.append((question, answer))
        return answer

    def _with(self, function: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
        """The function of both, one of which is this number."""
        if isinstance(one, Tensor) or isinstance(other, Tensor):
            return function(_plain(one), _plain(other))
        if not all(isinstance(value, int | float | torch.SymInt | Knob) for value in (one, other)):
            return NotImplemented
        return Knob(function(_plain(one), _plain(other)), function(_number(one), _number(other)), self.asked)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry) for entry in value)
    return value.tensor if isinstance(value, Knob) else value


def _number(value: Any) -> Any:
    if isinstance(value, torch.SymInt):  # the size it was traced at, without a condition on it
        return value.node.hint
    return value.at if isinstance(value, Knob) else value


def _arithmetic(name: str) -> None:
    function = getattr(operator, name)

    def forward(self: Knob, other: Any) -> Any:
        return self._with(function, self, other)

    def backward(self: Knob, other: Any) -> Any:
        return self._with(function, other, self)

    setattr(Knob, f"__{name}__", forward)
    setattr(Knob, f"__r{name}__", backward)


def _comparison(name: str, sign: str) -> None:
    function = getattr(operator, name)

    def compare(self: Knob, other: Any) -> Any:
        if isinstance(other, Tensor):
            return function(self.tensor, other)
        if not isinstance(other, int | float | Knob):
            return NotImplemented
        return self._answer(sign, function(self.at, _number(other)))

    setattr(Knob, f"__{name}__", compare)


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _arithmetic(_name)
for _name, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!=")):
    _comparison(_name, _sign)


def number(tensor: Tensor) -> float:
    """What a tensor of no axes holds."""
    return float(torch.as_tensor(tensor).item())
