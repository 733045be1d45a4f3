"""What a small clean graph does not hold: work done twice, work for nothing, and traces of where it was written."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

COMMUTATIVE = {"Add", "And", "Equal", "Max", "Min", "Mul", "Or", "Xor"}
TAKEN_BACK = {"Neg", "Not", "Transpose", "Reshape", "Cast"}  # twice in a row: none or one would do
NEUTRAL_FIRST = {"Add": 0, "Mul": 1, "And": True, "Or": False}
NEUTRAL_SECOND = {**NEUTRAL_FIRST, "Sub": 0, "Div": 1, "Pow": 1}
PATHS = re.compile(rb"(?:^|[^\w.])(?:/(?:tmp|home|root|usr|opt|var|work|Users)/|[A-Z]:\\)|site-packages|\.py\b")


class Reading:
    """A graph with what is known of each of its values."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.graph = onnx.load_model_from_string(content).graph
        self.constants = {entry.name: numpy_helper.to_array(entry) for entry in self.graph.initializer}
        self.made = {output: node for node in self.graph.node for output in node.output}
        self.kinds = dict(self._kinds())

    def _kinds(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        inferred = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(self.content), data_prop=True).graph
        for entry in (*inferred.input, *inferred.value_info, *inferred.output):
            kind = entry.type.tensor_type
            sizes = [axis.dim_param or axis.dim_value for axis in kind.shape.dim]
            # a name that inference made up stands for a size that it does not know
            known = [None if str(size).startswith("unk__") else size for size in sizes]
            yield entry.name, (kind.elem_type, *known)
        for name, array in self.constants.items():
            yield name, (onnx.helper.np_dtype_to_tensor_dtype(array.dtype), *array.shape)

    def is_full_of(self, name: str, number: float) -> bool:
        """Whether a value is known, and the same number everywhere."""
        array = self.constants.get(name)
        return array is not None and array.size > 0 and bool(np.all(array == number))

    def alike(self, one: str, other: str) -> bool:
        """Whether two values certainly have one dtype and one shape."""
        kind = self.kinds.get(one)
        return kind is not None and None not in kind and kind == self.kinds.get(other)

    def behind(self, name: str) -> str:
        """The operator that gives a value; empty for inputs and constants."""
        return self.made[name].op_type if name in self.made else ""


def faults(content: bytes) -> list[str]:
    """Everything about a graph that could be left out, as sentences."""
    reading = Reading(content)
    return [f"{said}" for check in CHECKS for said in check(reading)]


def _repeated(reading: Reading) -> Iterator[str]:
    seen = set()
    for node in reading.graph.node:
        inputs = sorted(node.input) if node.op_type in COMMUTATIVE else list(node.input)
        attributes = sorted(attribute.SerializeToString(deterministic=True) for attribute in node.attribute)
        key = (node.op_type, tuple(inputs), tuple(attributes))
        if key in seen:
            yield f"{node.name} does what another node does"
        seen.add(key)


def _constant(reading: Reading) -> Iterator[str]:
    for node in reading.graph.node:
        if all(name in reading.constants for name in node.input if name):
            yield f"{node.name} has constants alone for inputs"


def _unused(reading: Reading) -> Iterator[str]:
    used = {name for node in reading.graph.node for name in node.input} | {o.name for o in reading.graph.output}
    yield from (f"{n.name} is used by nothing" for n in reading.graph.node if not used & set(n.output))
    yield from (f"the constant {name} is used by nothing" for name in reading.constants if name not in used)


def _softmaxes(reading: Reading) -> Iterator[str]:
    seen: set[tuple[str, Any]] = set()
    for node in reading.graph.node:
        if node.op_type in ("LogSoftmax", "Softmax"):
            key = (node.input[0], onnx.helper.get_attribute_value(node.attribute[0]))
            if key in seen or reading.behind(node.input[0]) == "LogSoftmax":
                yield f"{node.name} normalises what was normalised"
            seen.add(key)
        if node.op_type == "Log" and reading.behind(node.input[0]) in ("Softmax", "Exp", "Sigmoid"):
            yield f"{node.name} is the logarithm of {reading.behind(node.input[0])}"


def _identities(reading: Reading) -> Iterator[str]:
    for node in reading.graph.node:
        first, second = (*node.input, "", "")[:2]
        result = node.output[0]
        table = NEUTRAL_SECOND.get(node.op_type)
        if table is not None and reading.is_full_of(second, table) and reading.alike(first, result):
            yield f"{node.name} changes nothing: its second operand is {table}"
        table = NEUTRAL_FIRST.get(node.op_type)
        if table is not None and reading.is_full_of(first, table) and reading.alike(second, result):
            yield f"{node.name} changes nothing: its first operand is {table}"
        if node.op_type in ("Cast", "Reshape", "Expand") and reading.alike(first, result):
            yield f"{node.name} gives what it takes"
        if node.op_type == "Where" and node.input[1] == node.input[2]:
            yield f"{node.name} chooses between a value and itself"


def _taken_back(reading: Reading) -> Iterator[str]:
    for node in reading.graph.node:
        before = reading.behind(node.input[0])
        # a cast may round, and the next one keep what was rounded
        rounds = node.op_type == "Cast" and reading.kinds[reading.made.get(node.input[0], node).input[0]][0] != 9
        if node.op_type in TAKEN_BACK and before == node.op_type and not rounds:
            yield f"{node.name} follows another {before}"
        if {node.op_type, before} == {"Squeeze", "Unsqueeze"} and reading.made[node.input[0]].input[1] == node.input[1]:
            yield f"{node.name} takes back a {before}"


def _negatives(reading: Reading) -> Iterator[str]:
    for node in reading.graph.node:
        before = [reading.behind(name) for name in node.input]
        if (node.op_type == "Add" and "Neg" in before) or (node.op_type == "Sub" and before[1] == "Neg"):
            yield f"{node.name} takes a negative that it could subtract or add"
        if node.op_type in ("Mul", "Div") and any(reading.is_full_of(name, -1) for name in node.input):
            yield f"{node.name} is a Neg"


def _paths(reading: Reading) -> Iterator[str]:
    if PATHS.search(reading.content):
        yield "it holds a path"


CHECKS: tuple[Callable[[Reading], Iterator[str]], ...] = (
    _repeated, _constant, _unused, _softmaxes, _identities, _taken_back, _negatives, _paths,
)  # fmt: skip
