"""Every graph is small and clean, and the checks for it see what they are for."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.export.faults import faults
from tests.export.written import written

import losskit


@pytest.mark.parametrize("name", losskit.names())
def test_a_loss_has_clean_graphs(name: str) -> None:
    assert [faults(content) for content in written(name)] == [[], []]


def graph(*nodes: onnx.NodeProto, **constants: object) -> bytes:
    """A graph of ``x``, ``c`` (a condition) and constants that gives ``y``."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", "C"]) for name in ("x", "y"))
    c = helper.make_tensor_value_info("c", TensorProto.BOOL, ["B", "C"])
    known = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    for number, node in enumerate(nodes):
        node.name = f"{node.op_type}_{number}"
    model = helper.make_model(
        helper.make_graph(list(nodes), "one", [x, c], [y], known), opset_imports=[helper.make_opsetid("", 18)]
    )
    content: bytes = model.SerializeToString()
    return content


N = helper.make_node
ONE, ZERO = np.float32(1), np.float32(0)
FAULTY = {
    "a node twice": (graph(N("Exp", ["x"], ["a"]), N("Exp", ["x"], ["b"]), N("Add", ["a", "b"], ["y"])), "Exp_1 does what"),
    "a sum turned": (
        graph(N("Exp", ["x"], ["e"]), N("Add", ["x", "e"], ["a"]), N("Add", ["e", "x"], ["b"]), N("Mul", ["a", "b"], ["y"])),
        "Add_2 does what",
    ),
    "constants": (graph(N("Exp", ["k"], ["a"]), N("Mul", ["x", "a"], ["y"]), k=ONE * 2), "Exp_0 has constants alone"),
    "a dead node": (graph(N("Exp", ["x"], ["a"]), N("Log", ["x"], ["y"])), "Exp_0 is used by nothing"),
    "a dead constant": (graph(N("Log", ["x"], ["y"]), k=ONE), "the constant k is used by nothing"),
    "two softmaxes": (
        graph(N("Softmax", ["x"], ["a"], axis=1), N("LogSoftmax", ["x"], ["b"], axis=1), N("Mul", ["a", "b"], ["y"])),
        "LogSoftmax_1 normalises",
    ),
    "a double log-softmax": (
        graph(N("LogSoftmax", ["x"], ["a"], axis=1), N("LogSoftmax", ["a"], ["y"], axis=1)), "LogSoftmax_1 normalises",
    ),
    "a logarithm of a softmax": (
        graph(N("Softmax", ["x"], ["a"], axis=1), N("Log", ["a"], ["y"])), "Log_1 is the logarithm of Softmax",
    ),
    "plus 0": (graph(N("Add", ["x", "k"], ["y"]), k=ZERO), "Add_0 changes nothing"),
    "0 plus": (graph(N("Add", ["k", "x"], ["y"]), k=ZERO), "Add_0 changes nothing"),
    "minus 0": (graph(N("Sub", ["x", "k"], ["y"]), k=ZERO), "Sub_0 changes nothing"),
    "times 1": (graph(N("Mul", ["x", "k"], ["y"]), k=ONE), "Mul_0 changes nothing"),
    "over 1": (graph(N("Div", ["x", "k"], ["y"]), k=ONE), "Div_0 changes nothing"),
    "times -1": (graph(N("Mul", ["x", "k"], ["y"]), k=-ONE), "Mul_0 is a Neg"),
    "plus a negative": (graph(N("Neg", ["x"], ["a"]), N("Add", ["x", "a"], ["y"])), "Add_1 takes a negative"),
    "a cast to its own dtype": (graph(N("Cast", ["x"], ["y"], to=1)), "Cast_0 gives what it takes"),
    "a cast between casts": (
        graph(N("Cast", ["c"], ["a"], to=7), N("Cast", ["a"], ["y"], to=1)), "Cast_1 follows another Cast",
    ),
    "a shape of its own": (
        graph(N("Shape", ["x"], ["s"]), N("Reshape", ["x", "s"], ["y"])), "Reshape_1 gives what it takes",
    ),
    "a double negative": (graph(N("Neg", ["x"], ["a"]), N("Neg", ["a"], ["y"])), "Neg_1 follows another Neg"),
    "turned twice": (
        graph(N("Transpose", ["x"], ["a"], perm=[1, 0]), N("Transpose", ["a"], ["y"], perm=[1, 0])),
        "Transpose_1 follows another",
    ),
    "an axis in and out": (
        graph(N("Unsqueeze", ["x", "k"], ["a"]), N("Squeeze", ["a", "k"], ["y"]), k=np.array([1])), "Squeeze_1 takes back",
    ),
    "no choice": (graph(N("Exp", ["x"], ["e"]), N("Where", ["c", "e", "e"], ["y"])), "Where_1 chooses between"),
    "a path": (graph(N("Exp", ["x"], ["y"], doc_string="/home/someone/loss")), "it holds a path"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTY)
def test_a_fault_is_seen(what: str) -> None:
    content, said = FAULTY[what]
    assert any(fault.startswith(said) for fault in faults(content)), faults(content)


def test_what_looks_alike_is_no_fault() -> None:
    """A sum that widens its operand, a rounding cast, a difference from 0."""
    row = np.zeros((1, 3, 1, 1), np.float32)
    widened = graph(N("ReduceSum", ["x"], ["a"], keepdims=0), N("Add", ["a", "k"], ["y"]), k=row)
    rounded = graph(N("Cast", ["x"], ["a"], to=7), N("Cast", ["a"], ["y"], to=1))
    turned = graph(N("Sub", ["k", "x"], ["y"]), k=ZERO)
    assert [faults(content) for content in (widened, rounded, turned)] == [[], [], []]
