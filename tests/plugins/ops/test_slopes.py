"""Slopes written by hand in traces: the same numbers as autograd of eager mode, in fewer steps than the form spelled out."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

from losskit.export.tracing import core_decompositions, tracing_as_export
from losskit.plugins.ops.clip import clip
from losskit.plugins.ops.entropy import entropy
from losskit.plugins.ops.exponential import exp_minus_one, log_mean_exp
from losskit.plugins.ops.residuals import huber_residual
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.slopes import traced, tracing_slopes
from losskit.plugins.ops.soft_confusion import amplified, soft_confusion
from losskit.plugins.ops.softplus import softplus
from losskit.registry import build, get

Form = Callable[[Tensor], Tensor]
FORMS: dict[str, Form] = {
    "softplus": softplus,
    "both sigmoids": lambda x: torch.stack(sigmoids(x)) * torch.tensor([[2.0], [3.0]]),
    "one sigmoid": lambda x: sigmoids(x)[1],
    "exp minus one": exp_minus_one,
    "log mean exp": lambda x: log_mean_exp(x.reshape(-1, 3)),
    "entropy": lambda x: entropy(x.reshape(-1, 3).softmax(1)),
    "clip": lambda x: clip(x, -0.5, 0.5),
    "huber": lambda x: huber_residual(x, torch.zeros_like(x), 0.7),
    "confusion": lambda x: torch.stack(soft_confusion(amplified(x, 5.0), (x > 0).float(), (x <= 0).float())),
}
POINTS = torch.tensor([-20.0, -3.0, -0.5, 0.0, 0.5, 1e-6, 0.2, 2.0, 30.0])


def trace(form: Form, *, own: bool) -> GraphModule:
    def value_and_slope(x: Tensor) -> tuple[Tensor, Tensor]:
        value, back = torch.func.vjp(form, x)[:2]
        return value, back(torch.ones_like(value))[0]

    make = make_fx(value_and_slope, tracing_mode="symbolic", decomposition_table=core_decompositions())
    with tracing_as_export(build(get("mse")), "a form"):
        if not own:
            return make(POINTS)
        with tracing_slopes():
            return make(POINTS)


@pytest.mark.parametrize("name", FORMS)
def test_a_trace_computes_what_eager_mode_does(name: str) -> None:
    x = POINTS.clone().requires_grad_()
    value = FORMS[name](x)
    (slope,) = torch.autograd.grad(value.sum(), x)
    for found, wanted in zip(trace(FORMS[name], own=True)(POINTS), (value.detach(), slope), strict=True):
        torch.testing.assert_close(found, wanted, rtol=2e-6, atol=1e-37)


@pytest.mark.parametrize("name", ["softplus", "both sigmoids", "exp minus one", "log mean exp", "huber", "confusion"])
def test_a_trace_with_them_chooses_less_often_between_two_numbers(name: str) -> None:
    def choices(own: bool) -> int:
        return sum("where" in str(node.target) for node in trace(FORMS[name], own=own).graph.nodes)

    assert choices(own=True) < choices(own=False)


def test_they_are_taken_in_traces_of_the_exporter_alone() -> None:
    with tracing_slopes():
        assert not traced()  # eager mode, in another thread or in a check beside the trace
        with tracing_as_export(build(get("mse")), "a form"):
            assert traced()
    with tracing_as_export(build(get("mse")), "a form"):
        assert not traced()
