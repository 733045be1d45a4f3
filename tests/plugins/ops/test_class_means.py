"""Means of classes: added up where labels may be read, multiplied out elsewhere; the same means and slopes."""

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.class_means import class_means, means_of_labels, means_of_own_class
from losskit.plugins.ops.classes import one_hot

LABELS = torch.tensor([3, 0, 3, 1, 0, 3, 2, 4])


def multiplied_out(x: Tensor, centred: bool) -> Tensor:
    return class_means(x - x.mean(dim=0) if centred else x, one_hot(LABELS, 5))


def rows(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(8, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype).requires_grad_()


@pytest.mark.parametrize("centred", [False, True])
def test_both_forms_agree_in_value_and_slope(centred: bool) -> None:
    x = rows()
    weight = torch.linspace(-1, 2, 20, dtype=torch.float64).reshape(5, 4)
    added, product = means_of_labels(x, LABELS, 5, centred)[0], multiplied_out(x, centred)
    torch.testing.assert_close(added, product)
    slopes = [torch.autograd.grad((means * weight).sum(), x)[0] for means in (added, product)]
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize("centred", [False, True])
def test_derivatives_are_right(centred: bool) -> None:
    def means(x: Tensor) -> Tensor:
        return means_of_labels(x, LABELS, 5, centred)[0]

    assert torch.autograd.gradcheck(means, rows(), check_batched_grad=True)
    assert torch.autograd.gradgradcheck(means, rows())


def test_centred_means_keep_the_digits_of_what_classes_differ_by_far_from_zero() -> None:
    far = (rows().detach() + 3e4).float()
    found, exact = means_of_labels(far, LABELS, 5, True)[0].double(), multiplied_out(far.double(), True)
    torch.testing.assert_close(found - found[0], exact - exact[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("ids", [[7, -1, 7, -3, -1, 7], [-5, -1, -5, -2, -1, -5], [0, 2**62, 0, -(2**62), 2**62, 0]])
def test_labels_of_own_means_may_be_any_integers(ids: list[int]) -> None:
    x, labels = rows().detach()[: len(ids)], torch.tensor(ids)
    means, counts = means_of_own_class(x, labels)
    same = labels.unsqueeze(1) == labels
    torch.testing.assert_close(means, class_means(x, same))
    assert counts.tolist() == same.sum(dim=1).tolist()


def test_a_class_without_rows_has_no_mean_and_a_row_without_a_class_is_told() -> None:
    x, few = rows(), LABELS.clamp(max=3)

    def means(x: Tensor, classes: int) -> tuple[Tensor, Tensor]:
        found, complete = torch.func.vmap(lambda x, labels: means_of_labels(x, labels, classes, False))(
            x[None], few[None]
        )
        return found[0], complete[0]

    found, complete = means(x, 5)
    assert complete
    assert found.isnan().any(dim=1).tolist() == [False, False, False, False, True]
    assert not means(x, 3)[1]
    assert means_of_labels(x, LABELS, 5, False)[1]
