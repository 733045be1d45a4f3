"""Traps of losses that read scores otherwise than by a softmax, which no claim about values decides."""

from typing import Any

import pytest
import torch

import losskit
from losskit.spec.errors import InputError, ParameterError


@pytest.mark.parametrize(
    ("scores", "target", "gradient"),
    [
        ([0.0, 2.0, 1.0], 0, [0.0, 0.0, 0.0]),  # the label has no share: inf, and no way back
        ([0.0, 0.0, 0.0], 0, [0.0, 0.0, 0.0]),  # nobody has one
        ([3.0, 0.0, 0.0], 0, [0.0, 0.0, 0.0]),  # nobody else has one
    ],
)
def test_squares_that_vanish_give_no_gradient(scores: list[float], target: int, gradient: list[float]) -> None:
    logits = torch.tensor([scores], requires_grad=True)
    losskit.create("spherical_softmax", eps=0.0)(logits, torch.tensor([target])).backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [gradient]


@pytest.mark.parametrize("order", [3, 7])
def test_an_odd_order_is_refused(order: int) -> None:
    with pytest.raises(ParameterError, match=f"order: must be even.*found {order}"):
        losskit.create("taylor_softmax", order=order)


@pytest.mark.parametrize("order", [10, 50, 200])
def test_single_precision_keeps_high_orders_at_negative_scores(order: int) -> None:
    scores = torch.tensor([[-4.0, -5.0, -3.5]], dtype=torch.float64)
    loss, target = losskit.create("taylor_softmax", order=order), torch.tensor([1])
    rounding = order * torch.finfo(torch.float32).eps  # of a power of that order
    torch.testing.assert_close(
        loss(scores.float(), target).double(), loss(scores, target), rtol=rounding, atol=rounding
    )


RISING = {"logits": torch.tensor([[0.5, 0.0, 1.0]]), "target": torch.tensor([2])}
MEETING = {"logits": torch.tensor([[1.0, 0.5, 0.5]]), "target": torch.tensor([2])}


@pytest.mark.parametrize("data", [RISING, MEETING])
def test_a_label_without_probability_is_refused_or_infinite(data: dict[str, torch.Tensor]) -> None:
    loss = losskit.create("ordinal_softmax_nll")
    with pytest.raises(InputError, match=r"logits must hold .* at index \(0, 2\)"):
        loss(**data)
    logits = data["logits"].clone().requires_grad_()
    value = torch.jit.script(loss)(logits, data["target"])
    value.backward()
    assert value.item() == float("inf")
    assert logits.grad is not None
    assert not logits.grad.isnan().any()


def test_scores_may_meet_away_from_the_label() -> None:
    value = losskit.create("ordinal_softmax_nll")(torch.tensor([[0.5, 0.5, -1.0]]), torch.tensor([3]))
    torch.testing.assert_close(value, torch.nn.functional.softplus(torch.tensor(1.0)))


SVM: dict[str, Any] = {"logits": torch.tensor([[2.0, -2.0], [3.0, -1.5]]), "target": torch.tensor([0, 0])}


@pytest.mark.parametrize(("reduction", "expected"), [("sum", 2.0), ("mean", 1.0), ("none", [1.0, 1.0])])
def test_the_sum_holds_the_regulariser_once(reduction: str, expected: Any) -> None:
    value = losskit.create("svm_head", reduction=reduction)(**SVM, weight=torch.tensor([[2.0], [0.0]]))
    assert value.tolist() == expected


def test_weighted_rows_share_one_regulariser() -> None:
    loss = losskit.create("svm_head", reduction="sum")
    value = loss(**SVM, weight=torch.tensor([[2.0], [0.0]]), sample_weight=torch.tensor([3.0, 0.0]))
    assert value.item() == 2.0
