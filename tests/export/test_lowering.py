"""Every lowered operator against eager: ordinary and special values, sizes never traced, three precisions, two evaluators."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from tests.export import lowered_functions as functions
from torch import Tensor

from losskit.export.lowering import NoLoweringError, to_model, walk
from losskit.export.lowering.table import TABLE
from losskit.export.quiet import quiet
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.safety import read_graph
from losskit.export.symbolic import trace_function
from losskit.spec.errors import ExportError

AXES = {"x": ("B", "C"), "y": ("B", "C"), "i": ("B",)}
SPECIAL = (float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0, -1.0, 1e-30, 2.5, -3.5)
EVERY = {
    **functions.UNARY, **functions.BINARY, **functions.REDUCTIONS, **functions.PLACES, **functions.SHAPES,
    **functions.INDEXED,
}  # fmt: skip
ARGUMENTS = {
    **dict.fromkeys(functions.BINARY, ("x", "y")),
    **dict.fromkeys(functions.INDEXED, ("x", "i")),
}
# where the framework has no number to give, or one that its own kernels disagree on
PLAIN_ONLY = {
    *functions.PLACES, *functions.SHAPES, *functions.INDEXED, "prod", "var", "std", "cumsum", "fmod", "div floor",
    "div trunc", "whole and half", "to int", "norm", "norm 1", "normalise", "cosine", "sign", "gelu",
}  # fmt: skip


def draw(names: tuple[str, ...], rows: int, columns: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Ordinary inputs, a tie among them."""
    generator = torch.Generator().manual_seed(rows)
    x = torch.randn(rows, columns, generator=generator).to(dtype)
    if rows > 1 and columns > 1:
        x[0, 1] = x[0, 0]
    inputs = {
        "x": x,
        "y": torch.randn(rows, columns, generator=generator).to(dtype),
        "i": torch.arange(rows) % max(1, min(rows, columns)),
    }
    return {name: inputs[name] for name in names}


def special(names: tuple[str, ...]) -> dict[str, Tensor]:
    """Every pair of special values, one pair a row."""
    x, y = torch.meshgrid(torch.tensor(SPECIAL), torch.tensor(SPECIAL), indexing="ij")
    both = {"x": x.reshape(-1, 1).repeat(1, 3), "y": y.reshape(-1, 1).repeat(1, 3)}
    both["x"][:, 1] = both["y"][:, 0]  # reductions meet pairs, too
    return {name: both[name] for name in names}


def plain(function: Callable[..., Any]) -> Callable[..., tuple[Tensor, ...]]:
    return lambda *values: (function(*values),)


def lowered(function: Callable[..., Any], names: tuple[str, ...], dtype: torch.dtype = torch.float32) -> bytes:
    inputs = draw(names, 7, 5, dtype)
    with quiet():
        trace = trace_function(plain(function), inputs, AXES, ("B", "C"))
    graph, outputs = walk(trace.graph, names)
    model = to_model(graph, outputs, ["out"], trace.worded)
    model.graph.name = "one"
    content: bytes = model.SerializeToString(deterministic=True)
    read_graph(content, "the graph")
    return content


@cache
def graph_of(name: str) -> bytes:
    return lowered(EVERY[name], arguments(name))


def arguments(name: str) -> tuple[str, ...]:
    return ARGUMENTS.get(name, ("x",))


def expected(name: str, inputs: dict[str, Tensor]) -> Any:
    return EVERY[name](*inputs.values()).numpy()


def run(content: bytes, inputs: dict[str, Tensor]) -> Any:
    return OnnxRuntime().load(content).run({name: tensor.numpy() for name, tensor in inputs.items()})["out"]


def close(found: Any, wanted: Any, rtol: float = 1e-5) -> None:
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", EVERY)
def test_an_operator_agrees_at_sizes_never_traced(name: str) -> None:
    for rows, columns in ((7, 5), (4, 6), (9, 9)):
        inputs = draw(arguments(name), rows, columns)
        close(run(graph_of(name), inputs), expected(name, inputs))


@pytest.mark.parametrize("name", ["index_put adding rows", "index_add", "scatter_add over rows"])
def test_nothing_that_is_added_at_one_place_is_lost_between_threads(name: str) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 4
    session = onnxruntime.InferenceSession(graph_of(name), options, providers=["CPUExecutionProvider"])
    rows = 100_000  # that many ones are a whole number to float32
    inputs = {"x": torch.ones(rows, 3), "i": torch.zeros(rows, dtype=torch.int64)}
    wanted = expected(name, inputs)
    assert wanted.max() >= rows
    for _ in range(5):  # threads that get in each other's way do not always
        found = session.run(None, {key: tensor.numpy() for key, tensor in inputs.items()})[0]
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in PLAIN_ONLY])
def test_an_operator_agrees_at_special_values(name: str) -> None:
    inputs = special(arguments(name))
    close(run(graph_of(name), inputs), expected(name, inputs))


@pytest.mark.parametrize(
    "name", [*functions.UNARY, *functions.BINARY, "sum", "mean", "mean of one axis", "log_softmax"]
)
@pytest.mark.parametrize("rows", [0, 1])
def test_an_operator_agrees_on_no_rows_and_on_one(name: str, rows: int) -> None:
    inputs = draw(arguments(name), rows, 5)
    close(run(graph_of(name), inputs), expected(name, inputs))


@pytest.mark.parametrize("name", EVERY)
def test_the_standards_own_evaluator_runs_an_operator(name: str) -> None:
    inputs = draw(arguments(name), 4, 6)
    with np.errstate(all="ignore"):
        found = list(ReferenceEvaluator(graph_of(name)).run(None, {key: v.numpy() for key, v in inputs.items()}))
    close(np.asarray(found[0]), expected(name, inputs), rtol=1e-4)


def test_a_form_with_the_digits_of_single_precision_is_not_taken_in_double() -> None:
    with pytest.raises(NoLoweringError, match="erfc in float64 has no lowering"):
        lowered(torch.erfc, arguments("erfc"), torch.float64)


@pytest.mark.parametrize("name", sorted({*functions.UNARY, *functions.BINARY, *functions.REDUCTIONS} - {"erfc"}))
def test_an_operator_agrees_in_double_precision(name: str) -> None:
    names = arguments(name)
    content = lowered(EVERY[name], names, torch.float64)
    inputs = draw(names, 4, 6, torch.float64)
    if "Erf" in {node.op_type for node in onnx.load_model_from_string(content).graph.node}:
        with pytest.raises(ExportError, match="no kernel for the operator Erf"):  # and no rounding in secret
            run(content, inputs)
        return
    close(run(content, inputs), expected(name, inputs), rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["exp", "clamp", "add alpha", "where", "sum", "amax", "log_softmax", "relu", "to bool"]
)
def test_an_operator_agrees_in_half_precision(name: str) -> None:
    names = arguments(name)
    inputs = draw(names, 4, 6, torch.float16)
    close(run(lowered(EVERY[name], names, torch.float16), inputs), expected(name, inputs), rtol=5e-3)


SMOOTH = [
    "exp", "log1p", "softplus", "logsigmoid", "huber", "smooth l1", "maximum", "amax", "max value", "logsumexp",
    "log_softmax", "sort", "topk", "cat", "slice", "pad", "flip", "repeat", "gather", "index", "index rows",
    "cross entropy", "multi margin", "broadcast product", "masked_fill", "cumsum", "var", "chunks", "normalise", "cosine",
    "roll", "tril", "stack", "select", "embedding", "norm",
]  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_the_gradient_of_an_operator_agrees(name: str) -> None:
    names = arguments(name)
    gradient = functions.differentiable(name, EVERY)
    content = lowered(gradient, names)
    for rows, columns in ((7, 5), (4, 6)):
        inputs = draw(names, rows, columns)
        close(run(content, inputs), gradient(*inputs.values()).numpy(), rtol=2e-5)


def test_a_row_with_nan_is_nan_in_order_and_leaves_the_others_alone() -> None:
    x = torch.tensor([[3.0, float("nan"), 1.0, 2.0, 1.0], [3.0, 4.0, 1.0, 2.0, 1.0]])
    found = run(graph_of("sort"), {"x": x})
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], [1, 1, 2, 3, 4])


def test_small_arguments_keep_their_digits() -> None:
    x = torch.tensor([[1e-9, -1e-9, 1e-20, 3e-5]])
    for name in ("log1p", "expm1"):
        np.testing.assert_allclose(run(graph_of(name), {"x": x}), EVERY[name](x).numpy(), rtol=1e-6, atol=0)


def test_whole_quotients_round_as_asked() -> None:
    def down(i: Tensor) -> Tensor:
        return torch.stack(
            [(i - 4) // 3, torch.div(i - 4, 3, rounding_mode="trunc"), (i - 4) % 3, torch.fmod(i - 4, 3)]
        )

    inputs = {"i": torch.arange(9)}
    close(run(lowered(down, ("i",)), inputs), down(inputs["i"]).numpy())


def test_what_repeats_is_not_written_out() -> None:
    def weighted(x: Tensor) -> Tensor:
        ones = torch.ones_like(x)
        return (x * ones * 1.0).sum() / torch.where(ones.sum() == 0, torch.ones_like(ones.sum()), ones.sum())

    nodes = [node.op_type for node in onnx.load_model_from_string(lowered(weighted, ("x",))).graph.node]
    assert sorted(nodes) == ["Cast", "Div", "Equal", "ReduceSum", "Size", "Where"]


def test_a_step_that_is_taken_twice_is_written_once() -> None:
    def twice(x: Tensor) -> Tensor:
        return x.exp() * 2 + x.exp().unsqueeze(0).squeeze(0) * 2

    nodes = [node.op_type for node in onnx.load_model_from_string(lowered(twice, ("x",))).graph.node]
    assert sorted(nodes) == ["Add", "Exp", "Mul"]


def test_bytes_do_not_depend_on_what_was_lowered_before() -> None:
    first = lowered(EVERY["cross entropy"], ("x", "i"))
    lowered(EVERY["cosine"], ("x", "y"))
    assert lowered(EVERY["cross entropy"], ("x", "i")) == first


def test_an_operator_without_lowering_is_named() -> None:
    with pytest.raises(NoLoweringError, match=r"the operator aten\.\w*eig\w*\.default has no lowering"):
        lowered(lambda x: torch.linalg.eigvalsh(x.T @ x), ("x",))


def test_an_axis_that_turns_out_fixed_is_named() -> None:
    with pytest.raises(ExportError, match="holds only where the axis B is 7, expected every size"):
        lowered(lambda x: x + torch.zeros(7, 1), ("x",))


def entered() -> Iterator[str]:
    yield from (name for name in TABLE if not hasattr(torch.ops.aten, name.partition(".")[0]))


def test_the_table_names_operators_that_exist() -> None:
    assert list(entered()) == []
    for name in TABLE:
        packet, _, overload = name.partition(".")
        assert overload in getattr(torch.ops.aten, packet).overloads(), name
