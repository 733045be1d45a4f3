"""The correctness-aware loss: ties, the best confidence of a held prediction, and the balance of a batch."""

import pytest
import torch
from torch import Tensor

import losskit


def scores(rows: int = 40, classes: int = 4) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(rows, classes, generator=draw, dtype=torch.float64, requires_grad=True)
    return logits, torch.randint(0, classes, (rows,), generator=draw)


def test_no_gradient_flows_through_the_prediction_and_whether_it_is_right() -> None:
    logits, target = scores()
    value = losskit.create("correctness_aware", reduction="sum")(logits, target)
    (gradient,) = torch.autograd.grad(value, logits)
    p = logits.detach().softmax(1)
    confidence, predicted = p.max(1, keepdim=True)
    correct = (predicted == target.unsqueeze(1)).double()
    chosen = torch.zeros_like(p).scatter(1, predicted, 1.0)
    torch.testing.assert_close(gradient, 2 * (confidence - correct) * confidence * (chosen - p))


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ([1.0, 1.0, 0.0], [0.33371557, 0.17835317, 0.17835317]),  # the first of two that tie is the prediction
        ([0.0, 1.0, 1.0], [0.17835317, 0.33371557, 0.17835317]),
        ([0.0, 0.0, 0.0], [4 / 9, 1 / 9, 1 / 9]),
        ([-1e-5, 0.0, 1e-5], [1 / 9, 1 / 9, 4 / 9]),
    ],
    ids=str,
)
def test_the_first_of_equal_scores_is_the_prediction(row: list[float], values: list[float]) -> None:
    logits = torch.tensor([row] * 3, dtype=torch.float64)
    found = losskit.create("correctness_aware", reduction="none")(logits, torch.arange(3))
    torch.testing.assert_close(found, torch.tensor(values, dtype=torch.float64), rtol=0, atol=2e-5)


@pytest.mark.parametrize("rightness", [0.4, 0.6, 0.95])
def test_with_the_prediction_held_the_best_confidence_is_how_often_it_is_right(rightness: float) -> None:
    loss = losskit.create("correctness_aware", reduction="none")
    confidence = torch.arange(0.34, 0.999, 0.002, dtype=torch.float64)
    others = (1 - confidence) / 2
    logits = torch.stack([confidence, others, others], 1).log()
    right, wrong = (loss(logits, torch.full((len(logits),), label)) for label in (0, 2))
    best = confidence[(rightness * right + (1 - rightness) * wrong).argmin()]
    assert float(best) == pytest.approx(rightness, abs=2e-3)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_balanced_is_the_weighting_by_the_share_of_the_other_kind(reduction: str) -> None:
    logits, target = scores()
    plain = losskit.create("correctness_aware", reduction="none")(logits, target)
    correct = logits.argmax(1) == target
    share = correct.double().mean()
    weights = torch.where(correct, 1 - share, share)
    wanted = len(plain) * weights * plain / weights.sum()
    found = losskit.create("correctness_aware", balanced=True, reduction=reduction)(logits, target)
    expected = {"none": wanted, "sum": wanted.sum(), "mean": (plain[correct].mean() + plain[~correct].mean()) / 2}
    torch.testing.assert_close(found, expected[reduction])


def test_weights_of_zero_leave_one_kind_alone() -> None:
    logits, target = scores()
    correct = logits.argmax(1) == target
    weights = correct.double()
    loss, plain = (losskit.create("correctness_aware", balanced=balanced) for balanced in (True, False))
    found = loss(logits, target, sample_weight=weights)
    torch.testing.assert_close(found, plain(logits[correct], target[correct]))
