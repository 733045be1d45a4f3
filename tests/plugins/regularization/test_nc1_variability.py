"""NC1 where singular values tie, where one is dropped, and under maps of the features."""

import pytest
import torch
from torch import Tensor

import losskit

SIGNS = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
LABELS = torch.arange(4).repeat_interleave(2)


def rows(means: Tensor, count: int = 2) -> Tensor:
    """``count`` rows a class about its mean, the spread drawn."""
    generator = torch.Generator().manual_seed(len(means))
    spread = torch.randn(len(means) * count, means.size(1), generator=generator, dtype=torch.float64)
    around = spread - spread.view(len(means), count, -1).mean(1).repeat_interleave(count, 0)
    return means.repeat_interleave(count, 0) + 0.1 * around


@pytest.mark.parametrize("rcond", [1e-10, 0.3])
@pytest.mark.parametrize(
    "means",
    [SIGNS, SIGNS * torch.tensor([2.0, 1.0]), torch.cat([SIGNS, 0 * SIGNS], 1)],
    ids=["two equal singular values", "a small one", "a null space"],
)
def test_gradient(means: Tensor, rcond: float) -> None:
    loss = losskit.create("nc1_variability", rcond=rcond)
    features = rows(means).requires_grad_()
    assert torch.autograd.gradcheck(loss, (features, LABELS), atol=1e-8)


def test_second_derivative_where_the_rank_stays() -> None:
    corners = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)  # two classes in space: rank 1
    features = rows(corners).requires_grad_()
    assert torch.autograd.gradgradcheck(losskit.create("nc1_variability"), (features, LABELS[:4]), atol=1e-8)


def test_invertible_maps_where_the_means_span_the_space() -> None:
    loss = losskit.create("nc1_variability")
    shear = torch.tensor([[1.0, 3.0], [-0.5, 2.0]], dtype=torch.float64)
    features = rows(SIGNS)
    torch.testing.assert_close(loss(features @ shear, LABELS), loss(features, LABELS))
    few = features[:6]
    assert not torch.allclose(loss(few[:4] @ shear, LABELS[:4]), loss(few[:4], LABELS[:4]))


def test_means_of_classes_and_of_samples_give_the_same_value() -> None:
    counts = torch.tensor([3, 1, 2])
    labels = torch.tensor([4, 0, 9]).repeat_interleave(counts)
    features = torch.cat([rows(SIGNS[:3]), 2 * SIGNS[:0]])
    for variant in ("pinv", "trace_ratio"):
        loss = losskit.create("nc1_variability", variant=variant)
        alone = loss(features, labels)  # labels are read
        torch.testing.assert_close(torch.func.vmap(loss)(features[None], labels[None])[0], alone)


def test_means_that_do_not_differ_give_nan_where_values_are_not_read() -> None:
    for variant in ("pinv", "trace_ratio"):
        loss = losskit.create("nc1_variability", variant=variant)
        constant = torch.full((1, 4, 2), 0.1)
        assert torch.func.vmap(loss)(constant, LABELS[None, :4]).isnan().all()


def test_single_precision_keeps_a_direction_that_float32_hardly_resolves() -> None:
    angle = torch.tensor(0.7, dtype=torch.float64)
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    flat = rows(SIGNS * torch.tensor([1.0, 3e-5])) @ turn
    single = flat.float()
    loss = losskit.create("nc1_variability")
    torch.testing.assert_close(loss(single, LABELS).double(), loss(single.double(), LABELS), rtol=1e-6, atol=0)
