"""A composite as people use it: the weighted sum, its forms and its refusals."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import losskit
from losskit.plugins.distributed import AcrossRanks
from losskit.spec.errors import InputError, ParameterError, SpecError, UnknownLossError

IMAGES = torch.randn(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
MASKS = torch.randint(0, 3, (2, 4, 5), generator=torch.Generator().manual_seed(1))
ROWS = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
LABELS = torch.tensor([0, 1, 2, -100, 1, 0])
SEGMENTATION = {"dice": 0.5, "cross_entropy": 0.25}
PAIR = {"cross_entropy": 0.5, "focal": 2.0}


def _value(loss: Any, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    first = inputs[0].clone().requires_grad_()
    value = loss(first, *inputs[1:])
    (slope,) = torch.autograd.grad(value.sum(), first)
    return value.detach(), slope


def test_a_loss_of_rows_is_taken_at_every_pixel() -> None:
    found = losskit.compose(SEGMENTATION)(IMAGES, MASKS)
    wanted = 0.5 * losskit.create("dice")(IMAGES, MASKS) + 0.25 * functional.cross_entropy(IMAGES, MASKS)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_rows_in_common_have_every_reduction(reduction: str) -> None:
    loss = losskit.compose(PAIR, reduction=reduction)
    weight = torch.tensor([1.0, 0.0, 2.0, 1.0, 0.5, 1.0], dtype=torch.float64)
    parts = [losskit.create(name, reduction=reduction)(ROWS, LABELS, sample_weight=weight) for name in PAIR]
    torch.testing.assert_close(loss(ROWS, LABELS, sample_weight=weight), 0.5 * parts[0] + 2 * parts[1])


def test_sums_and_counts_add_up() -> None:
    loss = losskit.compose(PAIR, reduction="sum_count")
    total, count = loss(ROWS, LABELS)
    assert count == 5
    torch.testing.assert_close(total / count, losskit.compose(PAIR)(ROWS, LABELS))


@pytest.mark.parametrize("reduction", ["sum", "none", "sum_count"])
def test_parts_without_common_rows_are_a_sum_of_means(reduction: str) -> None:
    with pytest.raises(ParameterError, match=r"dice_plus_cross_entropy.*no rows in common.*expected reduction mean"):
        losskit.compose(SEGMENTATION, reduction=reduction)


def test_the_same_loss_twice_and_with_parameters() -> None:
    sharp = losskit.create("focal", gamma=4.0)
    loss = losskit.compose([("focal", 1.0), (sharp, 0.5)])
    assert [p.name for p in loss.spec.parameters.fields][:2] == ["weight_focal", "weight_focal_2"]
    torch.testing.assert_close(loss(ROWS, LABELS), losskit.create("focal")(ROWS, LABELS) + 0.5 * sharp(ROWS, LABELS))


@pytest.mark.parametrize(("parts", "inputs"), [(SEGMENTATION, (IMAGES, MASKS)), (PAIR, (ROWS, LABELS))])
def test_every_form_gives_the_same_value_and_gradient(parts: dict[str, float], inputs: tuple[Tensor, Tensor]) -> None:
    loss = losskit.compose(parts)
    wanted = _value(loss, *inputs)
    forms = {
        "configuration": losskit.from_config(json.loads(json.dumps(loss.config()))),
        "pickle": pickle.loads(pickle.dumps(loss)),
        "deepcopy": copy.deepcopy(loss),
        "TorchScript": torch.jit.script(loss),
        "compiled": torch.compile(loss, fullgraph=True, backend="eager"),
        "alone": AcrossRanks(loss),
    }
    for way, other in forms.items():
        torch.testing.assert_close(_value(other, *inputs), wanted, msg=way)
    torch.testing.assert_close(torch.func.grad(lambda x: loss(x, inputs[1]))(inputs[0]), wanted[1])


def test_a_composite_of_composites() -> None:
    inner = losskit.compose(PAIR, name="pair")
    outer = losskit.compose([(inner, 2.0), ("brier", 1.0)])
    rows, labels = ROWS, LABELS.clamp(min=0)
    torch.testing.assert_close(outer(rows, labels), 2 * inner(rows, labels) + losskit.create("brier")(rows, labels))
    torch.testing.assert_close(losskit.from_config(outer.config())(rows, labels), outer(rows, labels))


def test_a_weight_of_zero_leaves_a_part_out_infinity_included() -> None:
    loss = losskit.compose({"hinge": 1.0, "exponential": 0.0})
    scores = torch.tensor([-1e4, 2.0], requires_grad=True)
    value = loss(scores, torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(value, losskit.create("hinge")(scores, torch.tensor([1.0, 0.0])))


def test_inputs_of_a_part_left_out_have_a_gradient_of_zeros() -> None:
    loss = losskit.compose({"cross_entropy": 1.0, "nc2_frame": 0.0})
    weight = torch.randn(3, 4, requires_grad=True)
    given = {entry.name: None for entry in loss.spec.inputs}
    loss(**{**given, "logits": ROWS, "target": LABELS.clamp(min=0), "weight": weight}).backward()
    assert weight.grad is not None
    assert not weight.grad.any()


def test_a_label_that_only_one_part_ignores_is_refused() -> None:
    loss = losskit.compose({"cross_entropy": 1.0, "brier": 1.0})
    with pytest.raises(InputError, match=r"target.*class id.*-100"):
        loss(ROWS, LABELS)


def test_inputs_that_do_not_fit_together_are_refused() -> None:
    loss = losskit.compose({"cross_entropy": 1.0, "nc1_variability": 0.1})
    with pytest.raises(InputError, match=r"cross_entropy_plus_nc1_variability.*features.*B = 6"):
        loss(logits=ROWS, target=LABELS, features=torch.randn(5, 2), labels=torch.zeros(5).long())


@pytest.mark.parametrize(
    ("parts", "error", "words"),
    [
        ({}, ParameterError, r"at least one loss"),
        ({"dise": 1.0}, UnknownLossError, r"dise.*did you mean"),
        ({"dice": -1.0}, ParameterError, r"weight_dice must be in \[0, inf\), found -1"),
        ({"dice": "half"}, ParameterError, r"weight of dice.*found 'half'"),
        (["dice"], ParameterError, r"pairs \(loss, weight\), found 'dice'"),
        ([(torch.nn.MSELoss(), 1.0)], ParameterError, r"found MSELoss.*losskit\.wrap"),
        ({"dice": 1.0, "mse": 1.0}, SpecError, r"dice and mse.*target of dtype int64.*float"),
        ({"cross_entropy": 1.0, "ordinal_softmax_nll": 1.0}, SpecError, r"cross_entropy and ordinal_softmax_nll"),
    ],
)
def test_what_cannot_be_added_is_refused_by_name(parts: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        losskit.compose(parts)


def test_a_part_with_a_reduction_of_its_own_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"focal was made with the reduction 'sum'"):
        losskit.compose([(losskit.create("focal", reduction="sum"), 1.0)])
