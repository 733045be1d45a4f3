"""The factored output layer: gradient descent on the dense weight, taken without touching it."""

from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.factored import FactoredHead
from losskit.spec.errors import InputError, InputTypeError, ParameterError, StepError

CLASSES, WIDTH = 30, 4
# the spherical softmax with its small default eps amplifies rounding in dense training as well, up to 1 / eps a step
LOSSES: dict[str, dict[str, Any]] = {
    "mse": {},
    "taylor": {},
    "spherical": {"eps": 0.1},
    "z_loss": {"a": 0.7, "b": 1.5},
}


def start(seed: int = 0) -> tuple[Tensor, torch.Generator]:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(CLASSES, WIDTH, generator=draw, dtype=torch.float64), draw


def batch(draw: torch.Generator, rows: int) -> tuple[Tensor, Tensor]:
    hidden = torch.randn(rows, WIDTH, generator=draw, dtype=torch.float64)
    return hidden, torch.randint(0, CLASSES, (rows,), generator=draw)


@pytest.mark.parametrize("rows", [1, 3, WIDTH, 25])
@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("kind", LOSSES)
def test_200_steps_are_those_of_dense_gradient_descent(kind: str, decay: float, rows: int) -> None:
    weight, draw = start()
    head = FactoredHead.from_weight(weight, kind=kind, **LOSSES[kind])
    loss = losskit.create("spherical_head", kind=kind, **LOSSES[kind])
    for _ in range(200):
        hidden, target = batch(draw, rows)
        leaves = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
        value = loss(*leaves, target)
        by_hidden, by_weight = torch.autograd.grad(value, leaves)
        found, gradient = head.step(hidden, target, lr=0.05, weight_decay=decay)
        torch.testing.assert_close(found, value.detach(), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(gradient, by_hidden, rtol=1e-9, atol=1e-9)
        weight = weight - 0.05 * (by_weight + decay * weight)
    torch.testing.assert_close(head.weight(), weight, rtol=1e-9, atol=1e-9)
    assert head.drift() < 1e-9
    assert (head.refolds > 0) == (kind == "mse")  # its steps shrink U without end, the others' hardly


def test_a_refold_keeps_the_weight_and_ends_the_drift() -> None:
    weight, draw = start()
    head = FactoredHead.from_weight(weight, kind="mse", reach=None)
    for _ in range(30):
        head.step(*batch(draw, 2), lr=0.05)
    before, strained = head.weight(), head.drift()
    head.refold()
    torch.testing.assert_close(head.weight(), before, rtol=1e-12, atol=1e-12)
    assert head.drift() < min(strained, 1e-14)
    assert torch.equal(head.u, torch.eye(WIDTH, dtype=torch.float64))
    assert head.refolds == 0  # counts those that a step made


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_a_singular_step_is_refused_and_changes_nothing(rows: int) -> None:
    weight, _ = start()
    head = FactoredHead.from_weight(weight, kind="mse")
    head.step(torch.ones(1, WIDTH), torch.tensor([3]), lr=0.01)
    before = {name: value.clone() for name, value in head.state_dict().items()}
    hidden, target = torch.ones(rows, WIDTH), torch.arange(rows)
    with pytest.raises(StepError, match="must leave U invertible, found its inverse growing"):
        head.step(hidden, target, lr=1 / (2 * WIDTH))  # 2 lr |h|^2 = 1: the step would wipe out a direction
    assert all(torch.equal(value, before[name]) for name, value in head.state_dict().items())
    head.step(hidden, target, lr=0.9 / (2 * WIDTH))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e200])
@pytest.mark.parametrize("kind", LOSSES)
def test_a_step_that_is_not_finite_is_refused_and_changes_nothing(kind: str, bad: float) -> None:
    head = FactoredHead.from_weight(start()[0], kind=kind)
    before = {name: value.clone() for name, value in head.state_dict().items()}
    with pytest.raises(StepError, match="the head is as it was"):
        head.step(torch.full((2, WIDTH), bad, dtype=torch.float64), torch.tensor([0, 1]), lr=0.1)
    assert all(torch.equal(value, before[name]) for name, value in head.state_dict().items())


@pytest.mark.parametrize("kind", LOSSES)
def test_forward_is_the_loss_and_passes_its_gradient_to_the_hidden_states(kind: str) -> None:
    weight, draw = start()
    head = FactoredHead.from_weight(weight, kind=kind)
    hidden, target = batch(draw, 5)
    head.step(hidden, target, lr=0.05)
    leaf = hidden.clone().requires_grad_()
    value = head(leaf, target)
    dense = losskit.create("spherical_head", kind=kind)(hidden, head.weight(), target)
    torch.testing.assert_close(value.detach(), dense)
    (by_hidden,) = torch.autograd.grad(value, leaf)
    torch.testing.assert_close(by_hidden, head.step(hidden, target, lr=0.05)[1])


def test_scores_and_weight_are_those_of_a_dense_layer() -> None:
    weight, draw = start()
    head = FactoredHead.from_weight(weight.float(), kind="taylor")
    assert torch.equal(head.weight(), weight.float().double())
    hidden, target = batch(draw, 5)
    head.step(hidden, target, lr=0.5)
    torch.testing.assert_close(head.scores(hidden), hidden @ head.weight().T)
    assert "features=4, classes=30, kind='taylor'" in repr(head)


def test_the_state_is_saved_and_loaded_and_is_no_parameter() -> None:
    weight, draw = start()
    one, other = FactoredHead.from_weight(weight), FactoredHead(WIDTH, CLASSES)
    one.step(*batch(draw, 3), lr=0.1)
    other.load_state_dict(one.state_dict())
    assert list(one.parameters()) == []
    again = batch(draw, 3)
    assert torch.equal(one.step(*again, lr=0.1)[0], other.step(*again, lr=0.1)[0])
    assert torch.equal(one.weight(), other.weight())


def test_hidden_states_may_be_half_precision_and_a_batch_empty() -> None:
    head = FactoredHead(WIDTH, CLASSES)
    before = head.weight()
    value, gradient = head.step(torch.zeros(0, WIDTH), torch.zeros(0, dtype=torch.int64), lr=0.1)
    assert (float(value), gradient.shape, torch.equal(head.weight(), before)) == (0.0, (0, WIDTH), True)
    assert float(head(torch.zeros(0, WIDTH), torch.zeros(0, dtype=torch.int64))) == 0.0
    value, gradient = head.step(torch.ones(1, WIDTH, dtype=torch.bfloat16), torch.tensor([2]), lr=0.1)
    assert (value.dtype, gradient.dtype) == (torch.float64, torch.bfloat16)


HIDDEN, TARGET = torch.ones(2, WIDTH), torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("hidden", "target", "error", "sentence"),
    [
        (HIDDEN[:, :2], TARGET, InputError, r"input hidden must have the shape \(B, 4\), found \(2, 2\)"),
        (HIDDEN.long(), TARGET, InputTypeError, "input hidden must be a floating-point tensor, found torch.int64"),
        (HIDDEN, TARGET[:1], InputError, r"input target must have the shape \(2,\), found \(1,\)"),
        (HIDDEN, TARGET.float(), InputTypeError, "input target must be an int64 tensor, found torch.float32"),
        (HIDDEN, TARGET + 29, InputError, r"input target must hold a class id in 0..29, found 30 at index 1"),
        (HIDDEN, TARGET - 1, InputError, r"input target must hold a class id in 0..29, found -1 at index 0"),
    ],
)
def test_wrong_inputs_are_refused(hidden: Tensor, target: Tensor, error: type[Exception], sentence: str) -> None:
    head = FactoredHead(WIDTH, CLASSES)
    for call in (lambda: head.step(hidden, target, lr=0.1), lambda: head(hidden, target)):
        with pytest.raises(error, match=f"^FactoredHead: {sentence}$"):
            call()


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ParameterError, match="kind"):
        FactoredHead(WIDTH, CLASSES, kind="softmax")
    with pytest.raises(ParameterError, match="features must be at least 1, found 0"):
        FactoredHead(0, CLASSES)
    with pytest.raises(ParameterError, match="reach must be a number above 1 or None, found 1"):
        FactoredHead(WIDTH, CLASSES, reach=1)
    with pytest.raises(InputError, match=r"weight must have 2 axes, \(D, d\), found shape \(3,\)"):
        FactoredHead.from_weight(torch.ones(3))
    head = FactoredHead(WIDTH, CLASSES)
    with pytest.raises(ParameterError, match=r"lr times weight_decay must lie in \[0, 1\), found 2"):
        head.step(HIDDEN, TARGET, lr=1.0, weight_decay=2.0)
    with pytest.raises(InputTypeError, match=r"the state must stay float64, found torch\.float32"):
        head.float().step(HIDDEN, TARGET, lr=0.1)
