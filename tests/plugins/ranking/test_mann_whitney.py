"""What the spec of the Mann-Whitney loss cannot express: the two forms with targets, and weights in a matrix."""

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.ranking.mann_whitney.loss import MannWhitneyLoss

SCORES = torch.tensor([[0.9, -0.2, 0.4], [0.1, 0.8, 0.5]], dtype=torch.float64)
DIAGONAL = torch.eye(2, 3, dtype=torch.float64)
WEIGHT = torch.tensor([[1.0, 2.0, 0.0], [3.0, 1.0, 0.5]], dtype=torch.float64)


def value_and_gradient(loss: torch.nn.Module, *rest: Tensor | None) -> tuple[Tensor, Tensor]:
    scores = SCORES.clone().requires_grad_()
    value = loss(scores, *rest)
    return value, torch.autograd.grad(value.sum(), scores)[0]


@pytest.mark.parametrize("normalize", ["positives", "pairs"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_form_of_fixed_shape_agrees_with_the_selected_pairs(
    normalize: str, reduction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = losskit.create("mann_whitney", temperature=0.2, normalize=normalize, reduction=reduction)
    selected = value_and_gradient(loss, DIAGONAL, WEIGHT)
    monkeypatch.setattr(MannWhitneyLoss, "_selects", lambda *_: False)
    torch.testing.assert_close(value_and_gradient(loss, DIAGONAL, WEIGHT), selected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_matrix_alone_means_positives_on_its_diagonal(reduction: str) -> None:
    loss = losskit.create("mann_whitney", temperature=0.2, normalize="pairs", reduction=reduction)
    marked = value_and_gradient(loss, DIAGONAL, WEIGHT)
    torch.testing.assert_close(value_and_gradient(loss, None, WEIGHT), marked, rtol=1e-12, atol=1e-14)


def test_a_score_of_weight_zero_may_hold_anything() -> None:
    loss = losskit.create("mann_whitney", temperature=0.2)
    scores = SCORES.masked_fill(WEIGHT == 0, float("nan")).requires_grad_()
    loss(scores, sample_weight=WEIGHT).backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()


def test_weights_may_be_differentiated() -> None:
    loss = losskit.create("mann_whitney", temperature=0.5, normalize="pairs")
    weight = WEIGHT.clamp(min=0.5).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: loss(SCORES, None, w), weight)
