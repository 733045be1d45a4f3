"""What ONNX Runtime refuses, and silence while it works."""

import logging
import os
import warnings

import numpy as np
import onnx
import pytest

from losskit.export.quiet import quiet, root_cause
from losskit.export.runtimes.base import NotTakenError
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.stderr import captured_stderr
from losskit.export.translations import shared_registry
from losskit.spec.errors import ExportError


def graph(node: onnx.NodeProto, kind: int, shape: list[int | str], *inputs: str) -> bytes:
    given = [onnx.helper.make_tensor_value_info(name, kind, ["N"]) for name in inputs]
    result = [onnx.helper.make_tensor_value_info("y", kind, shape)]
    body = onnx.helper.make_graph([node], "g", given, result)
    model = onnx.helper.make_model(body, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def test_a_graph_runs_by_name() -> None:
    content = graph(onnx.helper.make_node("Sub", ["a", "b"], ["y"]), onnx.TensorProto.FLOAT, ["N"], "a", "b")
    found = OnnxRuntime().load(content).run({"b": np.ones(3, np.float32), "a": np.zeros(3, np.float32)})
    assert found["y"].tolist() == [-1, -1, -1]


def test_a_missing_kernel_is_named() -> None:
    content = graph(onnx.helper.make_node("Erf", ["x"], ["y"]), onnx.TensorProto.DOUBLE, ["N"], "x")
    with pytest.raises(NotTakenError, match=r"no kernel for the operator Erf\(\d+\) with float64"):
        OnnxRuntime().load(content)


def test_declared_shapes_that_are_not_inferred_are_an_error() -> None:
    content = graph(onnx.helper.make_node("Abs", ["x"], ["y"]), onnx.TensorProto.FLOAT, [], "x")
    with pytest.raises(ExportError, match="shapes in conflict"):
        OnnxRuntime().load(content)


def test_a_failing_kernel_is_an_error() -> None:
    content = graph(onnx.helper.make_node("Add", ["a", "b"], ["y"]), onnx.TensorProto.FLOAT, ["N"], "a", "b")
    session = OnnxRuntime().load(content)
    with pytest.raises(ExportError, match="ONNX Runtime refuses"):
        session.run({"a": np.zeros(3, np.float32), "b": np.zeros(2, np.float32)})


def test_what_is_no_graph_is_an_error() -> None:
    with pytest.raises(ExportError, match="ONNX Runtime refuses"):
        OnnxRuntime().load(b"nonsense")


def test_native_error_output_is_caught_and_the_stream_returns() -> None:
    with captured_stderr() as outer:
        with captured_stderr() as lines:
            os.write(2, b"one\ntwo\n")
        os.write(2, b"three\n")
    assert lines == ["one", "two"]
    assert outer == ["three"]


def test_silence_is_scoped() -> None:
    logger = logging.getLogger("torch.onnx")
    before, filters = logger.level, list(warnings.filters)
    with quiet():
        warnings.warn("not heard", FutureWarning, stacklevel=1)
        assert not logger.isEnabledFor(logging.ERROR)
    assert logger.level == before
    assert warnings.filters == filters


def test_the_root_of_a_chain_of_errors_is_one_line() -> None:
    def fail() -> None:
        try:
            raise ValueError("the cause\nand more")
        except ValueError as error:
            raise RuntimeError("the consequence") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    assert root_cause(caught.value) == "ValueError: the cause"


def test_the_exporters_registry_is_shared_within_the_block_only() -> None:
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    before = ONNXRegistry.__dict__["from_torchlib"]
    with shared_registry():
        one, other = ONNXRegistry.from_torchlib(), ONNXRegistry().from_torchlib()
    assert one is other
    assert ONNXRegistry.__dict__["from_torchlib"] is before
