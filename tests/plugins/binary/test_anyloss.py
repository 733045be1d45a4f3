"""Soft confusion matrices: what a sample may move, how far the F-beta value goes, and which metrics they tend to."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import create
from losskit.plugins.ops.soft_confusion import amplified

SHARP = 1e5  # at scores of order 1 the soft decision is the decision
SCORES = torch.tensor([1.0, -1.0, 0.2, -0.3, 0.4, 0.1], dtype=torch.float64)
LABELS = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
SCALARS = ("anyloss_fbeta", "anyloss_balanced_accuracy", "anyloss_gmean")


def slopes(name: str, scores: Tensor, labels: Tensor, **parameters: Any) -> Tensor:
    held = scores.clone().requires_grad_()
    create(name, **parameters)(held, labels).backward()
    assert held.grad is not None
    return held.grad


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("anyloss_accuracy", 2 / 6),
        ("anyloss_fbeta", 2 / 6),  # TP = 2, FN = 0, FP = 2
        ("anyloss_balanced_accuracy", 0.25),
        ("anyloss_gmean", 1 - math.sqrt(0.5)),
    ],
)
def test_a_sharp_decision_gives_the_metric(name: str, metric: float) -> None:
    assert float(create(name, amplification=SHARP)(SCORES, LABELS)) == pytest.approx(metric, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("anyloss_fbeta", 0.4147445),
        ("anyloss_balanced_accuracy", 0.3299056),
        ("anyloss_gmean", 0.3367912),
    ],
)
def test_every_reduction_is_the_one_number(name: str, value: float) -> None:
    found = [create(name, amplification=10.0, reduction=r)(SCORES, LABELS) for r in ("none", "sum", "mean")]
    assert [f.shape for f in found] == [()] * 3
    assert [float(f) for f in found] == pytest.approx([value] * 3, abs=5e-8)


@pytest.mark.parametrize("name", SCALARS)
def test_what_weighs_nothing_may_hold_anything(name: str) -> None:
    scores = torch.cat([SCORES, SCORES.new_tensor([math.nan])])
    weight = torch.tensor([1.0] * 6 + [0.0], dtype=torch.float64)
    loss = create(name)
    assert float(loss(scores, torch.cat([LABELS, LABELS[:1]]), sample_weight=weight)) == float(loss(SCORES, LABELS))


def test_a_sample_moves_the_balanced_accuracy_by_its_share_of_its_class() -> None:
    labels = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    found = slopes("anyloss_balanced_accuracy", torch.zeros_like(labels), labels, amplification=10.0)
    torch.testing.assert_close(found, torch.where(labels == 1, -10 / 64, 10 / 96).to(found))


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (1, 9), (4, 2)])
def test_the_ends_of_f_beta_follow_from_the_counts(beta: float, positives: int, negatives: int) -> None:
    labels = torch.tensor([1.0] * positives + [0.0] * negatives, dtype=torch.float64)
    right, loss = 1e4 * (2 * labels - 1), create("anyloss_fbeta", amplification=6.0, beta=beta)
    low, high = 1 / (1 + math.exp(3)), 1 / (1 + math.exp(-3))
    size = beta**2 * positives + negatives
    least = low * size / (beta**2 * positives + positives * high + negatives * low)
    most = high * size / (beta**2 * positives + positives * low + negatives * high)
    assert float(loss(right, labels)) == pytest.approx(least, rel=1e-12)
    assert float(loss(-right, labels)) == pytest.approx(most, rel=1e-12)


def test_a_batch_without_positives_teaches_nothing() -> None:
    labels = torch.zeros(6, dtype=torch.float64)
    assert float(create("anyloss_fbeta")(SCORES, labels)) == 1
    assert not slopes("anyloss_fbeta", SCORES, labels).any()


@pytest.mark.parametrize("place", [1e-8, 0.3, -0.999, 1.001, -5.0, 17.0, 60.0])
def test_single_precision_keeps_the_digits_of_a_probability_above_one_half(place: float) -> None:
    score = torch.tensor(place, requires_grad=True)
    value = amplified(score, 1.0)
    value.backward()
    p, q = 1 / (1 + math.exp(-place)), 1 / (1 + math.exp(place))
    assert float(value.detach()) == pytest.approx(math.tanh(place / 2) / 2, rel=1e-6)
    assert score.grad is not None
    assert float(score.grad) == pytest.approx(p * q, rel=1e-5)


@pytest.mark.parametrize("name", ["anyloss_accuracy", *SCALARS])
@pytest.mark.parametrize("scores", [(-1.0, 3.0), (-8.0, 2.0), (-20.0, -20.0), (-1.0, 0.0), (1.0, -0.5)])
def test_slopes_far_from_the_threshold_keep_their_digits_in_single_precision(
    name: str, scores: tuple[float, float]
) -> None:
    single, double = (
        slopes(name, torch.tensor(scores, dtype=d), torch.tensor([1.0, 0.0], dtype=d), amplification=30.0).double()
        for d in (torch.float32, torch.float64)
    )
    torch.testing.assert_close(single, double, rtol=1e-4, atol=1e-30)
