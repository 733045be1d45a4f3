"""What the spec of HL-Gauss cannot express: parameters that depend on each other, and values that nobody checks."""

import pytest
import torch

import losskit
from losskit.spec.errors import ParameterError

LOGITS = torch.tensor([[0.3, -1.0, 0.5], [0.0, 0.2, 0.1]])


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -1.0)])
def test_the_ends_of_the_support_must_be_in_order(low: float, high: float) -> None:
    with pytest.raises(ParameterError, match=r"min_value must lie below max_value, found min_value=\d and max_value="):
        losskit.create("hl_gauss", min_value=low, max_value=high)


def test_one_end_alone_is_compared_with_the_other_ends_default() -> None:
    with pytest.raises(ParameterError, match="found min_value=11 and max_value=10"):
        losskit.create("hl_gauss", min_value=11.0)


def test_a_far_target_is_refused_by_index_and_spoils_its_own_row_alone_where_nothing_is_checked() -> None:
    loss = losskit.create("hl_gauss", min_value=-1.0, max_value=1.0, clamp_target=False, reduction="none")
    target = torch.tensor([0.5, 100.0])
    with pytest.raises(losskit.LosskitError, match=r"input target must hold .* found 100.0 at index 1"):
        loss(LOGITS, target)
    value = torch.jit.script(loss)(LOGITS, target)
    assert value[0] == loss(LOGITS[:1], target[:1])[0]
    assert value[1].isnan()


def test_float32_keeps_its_digits_eight_sigma_outside_the_support() -> None:
    loss = losskit.create("hl_gauss", min_value=-1.0, max_value=1.0, clamp_target=False, reduction="none")
    target = 1 + 7.9 * 0.75 * 2 / 3 * torch.tensor([1.0, 0.5])
    exact = loss(LOGITS.double(), target.double())
    torch.testing.assert_close(loss(LOGITS, target).double(), exact, rtol=1e-5, atol=0)


def test_a_target_that_is_no_number_spoils_its_own_row_alone() -> None:
    loss = losskit.create("hl_gauss", reduction="none")
    value = loss(LOGITS, torch.tensor([float("nan"), 0.5]))
    assert value.isnan().tolist() == [True, False]
