"""Exports that succeed and give other numbers, as the framework's own path makes them, and what becomes of them here."""

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own habit
from torch import Tensor, nn
from torch.export import Dim
from torch.fx.experimental.proxy_tensor import make_fx

from losskit.export.cases import Case, fresh_cases, make_case
from losskit.export.compare import compare_graphs
from losskit.export.data import Kind
from losskit.export.graphs import framework_graph, lowered_graph, write_graph
from losskit.export.lowering import NoLoweringError
from losskit.export.quiet import quiet
from losskit.export.results import CaseResult
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.safety import objections
from losskit.export.stderr import captured_stderr
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance
from losskit.export.translations import shared_registry
from losskit.plugins.base import Loss
from losskit.registry import get
from losskit.spec import Between, Narrowing
from losskit.spec.errors import ExportError

Function = Callable[[Tensor, Tensor], Tensor]
SPEC = get("comp_sum")


class Toy(Loss):
    """The value of a function."""

    spec = SPEC

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.function(logits, target)


def toy(function: Function) -> Subject:
    """A function ready to be exported."""
    return Subject(SPEC, Toy(function).eval(), {}, "mean", prepare(SPEC).axes)


def compare(function: Function, *, gradient: bool) -> list[CaseResult]:
    """A function's graph, written our way, on all cases."""
    subject = toy(function)
    cases = [make_case(subject, "traced shape", subject.axes.traced, "ordinary", 0), *fresh_cases(subject, 0)]
    content = write_graph(subject, gradient=gradient)
    return list(run_cases("toy", content, OnnxRuntime(), subject.axes, cases, Tolerance(), gradient=gradient))


def case(function: Function, rows: int = 9, kind: Kind = "ordinary") -> Case:
    """Inputs of a size that is never traced, with what the function makes of them."""
    return make_case(toy(function), "untraced", {"B": rows, "C": 4}, kind, 3)


def example() -> tuple[Tensor, Tensor]:
    """Inputs to trace with."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 5, generator=generator), torch.randint(0, 5, (6,), generator=generator)


DYNAMIC = ({0: Dim("B"), 1: Dim("C")}, {0: Dim("B")})


class Plain(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.function(logits, target)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    with quiet(), shared_registry():
        yield


def naive_graph(function: Function) -> Any:
    """The framework's path: straight from the module to ONNX."""
    program = torch.onnx.export(
        Plain(function).eval(), example(), dynamo=True, verbose=False, opset_version=18, dynamic_shapes=DYNAMIC
    )
    assert program is not None
    return program.model_proto


def naive_gradient_graph(function: Function) -> Any:
    """The pullback traced without decompositions, then straight to ONNX."""

    def value_and_gradient(logits: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        value, pullback = torch.func.vjp(lambda moving: function(moving, target), logits)[:2]
        return value, *pullback(torch.ones_like(value))

    graph = make_fx(value_and_gradient, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*example()).eval()
    program = torch.onnx.export(
        torch.export.export(graph, example(), dynamic_shapes=DYNAMIC), (), dynamo=True, verbose=False, opset_version=18
    )
    assert program is not None
    return program.model_proto


def run_leniently(model: Any, one: Case) -> list[Any]:
    with captured_stderr():
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [entry.name for entry in session.get_inputs()]
        found: list[Any] = session.run(None, dict(zip(names, one.inputs.values(), strict=True)))
    return found


def smoothed(logits: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(logits, target, label_smoothing=0.3)


def smoothed_by_hand(logits: Tensor, target: Tensor) -> Tensor:
    surprise = -torch.log_softmax(logits, -1)
    return 0.7 * surprise.gather(-1, target.unsqueeze(-1)).mean() + 0.3 * surprise.mean()


def test_the_frameworks_path_drops_label_smoothing() -> None:
    one = case(smoothed)
    (value,) = run_leniently(naive_graph(smoothed), one)
    plain = F.cross_entropy(torch.from_numpy(one.inputs["logits"]), torch.from_numpy(one.inputs["target"]))
    np.testing.assert_allclose(value, plain, rtol=1e-5)
    assert abs(value - one.expected["loss"]) > 1e-3


def test_the_frameworks_exporter_refuses_label_smoothing_once_it_is_decomposed() -> None:
    with pytest.raises(ExportError, match="cannot be written as ONNX"):
        framework_graph(toy(smoothed), gradient=False)


@pytest.mark.parametrize("function", [smoothed, smoothed_by_hand])
def test_label_smoothing_over_a_dynamic_class_axis_is_right(function: Function) -> None:
    assert all(result.passed for result in compare(function, gradient=True))
    assert all(result.passed for result in compare(function, gradient=False))


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss], ids=["cross_entropy", "nll_loss"])
def test_without_core_decompositions_the_gradient_of_a_mean_is_too_big_by_the_batch(function: Function) -> None:
    one = case(function, rows=9)
    _, gradient = run_leniently(naive_gradient_graph(function), one)
    np.testing.assert_allclose(gradient, 9 * one.expected["grad_logits"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss], ids=["cross_entropy", "nll_loss"])
def test_the_gradient_of_a_mean_is_right(function: Function) -> None:
    assert all(result.passed for result in compare(function, gradient=True))


THEN: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda losses: losses.mean(0),
    "sort": lambda losses: losses.sort().values,
    "cumsum": lambda losses: losses.cumsum(0),
    "logsumexp": lambda losses: losses.logsumexp(0),
}


def unreduced_then(name: str) -> Function:
    return lambda logits, target: THEN[name](F.cross_entropy(logits, target, reduction="none"))


@pytest.mark.parametrize("then", THEN)
def test_the_frameworks_path_drops_what_follows_an_unreduced_cross_entropy(then: str) -> None:
    function = unreduced_then(then)
    one = case(function)
    model = naive_graph(function)
    assert [node.op_type for node in model.graph.node] == ["SoftmaxCrossEntropyLoss"]
    (value,) = run_leniently(model, one)
    assert value.shape != one.expected["loss"].shape or np.abs(value - one.expected["loss"]).max() > 1e-2


@pytest.mark.parametrize("then", ["mean", "sort", "logsumexp"])
def test_what_follows_an_unreduced_cross_entropy_is_kept(then: str) -> None:
    assert all(result.passed for result in compare(unreduced_then(then), gradient=False))


def test_such_a_graph_is_refused_by_its_operator_and_by_its_shapes() -> None:
    model = naive_graph(unreduced_then("mean"))
    assert "uses the operator SoftmaxCrossEntropyLoss, which graphs of losses do not hold" in list(objections(model))
    with pytest.raises(ExportError, match="shapes in conflict"):
        OnnxRuntime().load(model.SerializeToString())


def by_loop_over_rows(logits: Tensor, target: Tensor) -> Tensor:
    total = logits.new_zeros(())
    for row in range(logits.shape[0]):
        total = total - torch.log_softmax(logits[row], -1)[target[row]]
    return total


def test_tracing_python_gives_another_number_at_the_next_shape() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(by_loop_over_rows, example())
    one = case(by_loop_over_rows, rows=9)
    value = traced(*(torch.from_numpy(values) for values in one.inputs.values()))
    assert abs(float(value) - float(one.expected["loss"])) > 1e-2


def test_python_that_depends_on_a_size_is_refused() -> None:
    with pytest.raises(ExportError, match="cannot be traced"):
        compare(by_loop_over_rows, gradient=False)


def middle_score(logits: Tensor, target: Tensor) -> Tensor:
    return (logits.sort(-1).values[:, logits.shape[1] // 2] + 0 * target).mean()


def test_a_place_that_depends_on_a_size_is_refused() -> None:
    with pytest.raises(ExportError, match=r"cannot be exported for every size: at B = 6, C = \d+, "):
        compare(middle_score, gradient=False)


def other_way_for_many_rows(logits: Tensor, target: Tensor) -> Tensor:
    score = logits.mean() + 0 * target.sum()
    return 2 * score if logits.shape[0] > 200 else score


def other_way_for_very_many_rows(logits: Tensor, target: Tensor) -> Tensor:
    score = logits.mean() + 0 * target.sum()
    return 2 * score if logits.shape[0] > 2_000_000 else score


def test_another_way_for_more_rows_is_refused_though_no_replay_is_that_long() -> None:
    with pytest.raises(ExportError, match=r"cannot be exported for every size: at B = 255, C = 5, loss is"):
        compare(other_way_for_many_rows, gradient=False)
    with pytest.raises(ExportError, match="the graph would hold only where B <= 2000000, expected every size"):
        compare(other_way_for_very_many_rows, gradient=False)


def binary(logits: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits[:, 0], target.clamp(max=1).to(logits.dtype))


def test_the_frameworks_path_makes_a_binary_cross_entropy_infinite_at_large_scores() -> None:
    one = case(binary, kind="huge")
    (value,) = run_leniently(naive_graph(binary), one)
    assert np.isfinite(one.expected["loss"])
    assert not np.isfinite(value)


def test_a_binary_cross_entropy_stays_finite() -> None:
    assert all(result.passed for result in compare(binary, gradient=True))


def one_label_of_many(logits: Tensor, target: Tensor) -> Tensor:
    first = torch.arange(logits.shape[1], device=target.device) == 0
    return F.multilabel_margin_loss(logits, torch.where(first, target.unsqueeze(1), -1).contiguous())


def test_where_the_frameworks_decomposition_is_wrong_the_comparison_says_so() -> None:
    failed = [result for result in compare(one_label_of_many, gradient=True) if not result.passed]
    assert failed
    assert "expected" in failed[0].reason


def test_errors_do_not_travel_a_negative_label_gives_a_number() -> None:
    def picked(logits: Tensor, target: Tensor) -> Tensor:
        return logits.gather(-1, target.unsqueeze(-1)).sum()

    one = case(picked)
    one.inputs["target"][:] = -1
    (value,) = run_leniently(naive_graph(picked), one)
    assert np.isfinite(value)


def test_an_operator_without_translation_is_named() -> None:
    def spectrum(logits: Tensor, target: Tensor) -> Tensor:
        values: Tensor = torch.linalg.eigvalsh(logits.T @ logits)
        return values.sum() + 0 * target.sum()

    with pytest.raises(ExportError, match="eig") as refused:
        compare(spectrum, gradient=False)
    assert "\n" not in str(refused.value)


def long_way(logits: Tensor, target: Tensor) -> Tensor:
    return logits.cummax(-1).values.mean() + 0 * target.sum()


def test_an_operator_without_lowering_goes_to_the_frameworks_exporter_and_neither_having_it_names_it() -> None:
    with pytest.raises(NoLoweringError, match=r"the operator aten\.cummax\.default has no lowering"):
        lowered_graph(toy(long_way), gradient=False)
    with pytest.raises(ExportError, match="cummax"):
        write_graph(toy(long_way), gradient=False)


def pooled(logits: Tensor, target: Tensor) -> Tensor:
    return F.max_pool2d(logits[None, None], 3, stride=1, padding=1).mean() + 0 * target.sum()


def test_a_graph_says_who_wrote_it_and_why() -> None:
    def writer(function: Function) -> str:
        model = onnx.load_model_from_string(write_graph(toy(function), gradient=False))
        return str({entry.key: entry.value for entry in model.metadata_props}["losskit.writer"])

    assert writer(smoothed) == "losskit"
    assert re.match(r"torch.onnx: .* the operator aten\.max_pool2d\S* has no lowering", writer(pooled))
    assert all(result.passed for result in compare(pooled, gradient=False))


def test_a_loss_that_says_it_cannot_be_exported_is_taken_at_its_word() -> None:
    says = Narrowing(property="ExportsONNX", when={"tau": Between(2, 3)}, reason="CTC has no operator")
    spec = SPEC.model_copy(update={"narrowed": (says,)})
    with pytest.raises(ExportError, match="comp_sum cannot be exported: CTC has no operator"):
        compare_graphs(spec, {"tau": 2.5})
    assert compare_graphs(spec, {"tau": 1.5}, gradient=False).ok
