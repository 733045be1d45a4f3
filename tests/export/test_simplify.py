"""Steps that change nothing are not written, and what remains gives eager's numbers, special ones included."""

from collections.abc import Callable

import onnx
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own habit
from tests.export.test_lowering import lowered, special
from torch import Tensor

from losskit.export.runtimes.onnxruntime import OnnxRuntime

Function = Callable[[Tensor, Tensor], Tensor]
ZERO = torch.zeros(())
WRITTEN: dict[str, tuple[Function, list[str]]] = {
    "plus and minus 0": (lambda x, y: (x + 0).exp() * (y - 0), ["Exp", "Mul"]),
    "times and over 1": (lambda x, y: (1 * x * 1).exp() * (y / 1), ["Exp", "Mul"]),
    "times -1": (lambda x, y: (-1 * x).exp() * (y / -1), ["Neg", "Exp", "Neg", "Mul"]),
    "a negative added": (lambda x, y: x + -y, ["Sub"]),
    "a negative that something is added to": (lambda x, y: -x + y, ["Sub"]),
    "a negative subtracted": (lambda x, y: x - -y, ["Add"]),
    "a product of negatives": (lambda x, y: -x * -y, ["Mul"]),
    "a quotient of negatives": (lambda x, y: -x / -y, ["Div"]),
    "a double negative": (lambda x, y: x.neg().neg().exp() * y, ["Exp", "Mul"]),
    "the size of a size": (lambda x, y: x.abs().neg().abs() * y, ["Abs", "Mul"]),
    "the softplus of a size turned negative": (
        lambda x, y: F.softplus(-x.abs(), threshold=90) * y, ["Abs", "Neg", "Exp", "Add", "Sub", "Sub", "Log", "Add", "Mul"],
    ),
    "the sigmoid of a size turned negative": (
        lambda x, y: torch.sigmoid(-x.abs()) * y, ["Abs", "Neg", "Exp", "Add", "Div", "Mul"],
    ),
    "a turned sum": (lambda x, y: (x + y) * (y + x).exp(), ["Add", "Exp", "Mul"]),
    "two halves of a choice": (
        lambda x, y: torch.where(x > y, x, ZERO) + torch.where(x > y, ZERO, y), ["Greater", "Where"],
    ),
    "a choice made before": (
        lambda x, y: torch.where(x > y, torch.where(x > y, x, 3 * y), y), ["Greater", "Where"],
    ),
    "a choice made before on the other side": (
        lambda x, y: torch.where(x > y, x, torch.where(x > y, 3 * x, y)), ["Greater", "Where"],
    ),
    "a turned choice": (lambda x, y: torch.where(~(x > y), x, y), ["Greater", "Where"]),
    "a choice between equals": (lambda x, y: torch.where(x > y, x * y, y * x), ["Mul"]),
    "turned twice": (lambda x, y: x.t().t().exp() * y, ["Exp", "Mul"]),
    "reshaped and back": (lambda x, y: x.reshape(-1).reshape(x.shape).exp() * y, ["Exp", "Mul"]),
    "a condition counted in float": (lambda x, y: (x > y).long().float() * y, ["Greater", "Cast", "Mul"]),
    "a cube": (lambda x, y: x**3 * y, ["Mul", "Mul", "Mul"]),
    "a constant's reciprocal": (lambda x, y: torch.full((), 4.0).reciprocal() * x + y, ["Mul", "Add"]),
    "a constant's logarithm": (lambda x, y: torch.full((), 4.0).log() * x + y, ["Mul", "Add"]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITTEN)
def test_a_step_for_nothing_is_not_written(what: str) -> None:
    function, operators = WRITTEN[what]
    content = lowered(function, ("x", "y"))
    assert [node.op_type for node in onnx.load_model_from_string(content).graph.node] == operators
    inputs = special(("x", "y"))
    (found,) = OnnxRuntime().load(content).run({name: tensor.numpy() for name, tensor in inputs.items()}).values()
    torch.testing.assert_close(torch.from_numpy(found), function(*inputs.values()), equal_nan=True)


def test_a_choice_stays_where_it_gives_the_result_its_size() -> None:
    def function(x: Tensor, y: Tensor) -> Tensor:
        condition = x[:, :1] > y[:, :1]
        return torch.where(condition, torch.where(condition, x[:, :1], y), y[:, :1]).sum(0)

    content = lowered(function, ("x", "y"))
    inputs = special(("x", "y"))
    (found,) = OnnxRuntime().load(content).run({name: tensor.numpy() for name, tensor in inputs.items()}).values()
    torch.testing.assert_close(torch.from_numpy(found), function(*inputs.values()), equal_nan=True)
