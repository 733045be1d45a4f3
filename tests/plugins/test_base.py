"""The module base: reduction, weights, nothing to average, configuration. Shown on the comp-sum loss and on a bare one."""

import copy
import pickle
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

import losskit
from losskit.plugins.base import Loss
from losskit.spec import LossSpec, Parameters, ParameterSet, Reference
from losskit.spec.errors import InputError, InputTypeError
from losskit.spec.tensors import real

LOGITS = torch.tensor([[1.2, -0.3, 0.5], [0.1, 2.0, -1.0], [0.3, 0.2, 0.1]], dtype=torch.float64)
TARGET = torch.tensor([0, 2, 1])
WEIGHTS = "input sample_weight must hold finite numbers >= 0"


class PixelParameters(Parameters):
    """One parameter of each kind a module stores."""

    weights: tuple[float, ...] | None = None
    scale: float = 1.0
    power: int = 2


class Pixels(Loss):
    """``scale * x**power`` at every entry of a row; entries below 0 do not count."""

    spec: ClassVar[LossSpec] = LossSpec(
        name="pixels",
        title="Pixels",
        task="segmentation",
        summary="A loss with a trailing axis and counts.",
        formula="s x^p",
        parameters=ParameterSet.of(PixelParameters),
        inputs=(real("x", "B", "P"),),
        output=("B", "P"),
        claims=(),
        references=(Reference(key="ghosh2017robust"),),
        module="nowhere:Pixels",
        oracle="nowhere:pixels",
    )
    scale: float
    power: int

    def forward(self, x: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """The reduced loss of ``x``, shape (B, P)."""
        self.check(x, sample_weight=sample_weight)
        kept = x >= 0
        value = torch.where(kept, self.scale * x**self.power, torch.zeros_like(x))
        return self.reduce(value, kept, sample_weight)


def create(reduction: str = "mean", **parameters: Any) -> Loss:
    return losskit.create("comp_sum", reduction=reduction, **parameters)


def test_sum_and_mean_follow_from_none() -> None:
    values = create("none")(LOGITS, TARGET)
    assert values.shape == (3,)
    torch.testing.assert_close(create("sum")(LOGITS, TARGET), values.sum())
    torch.testing.assert_close(create("mean")(LOGITS, TARGET), values.mean())


def test_whole_weights_act_as_repetition() -> None:
    weight = torch.tensor([2.0, 0.0, 3.0], dtype=torch.float64)
    rows = torch.tensor([0, 0, 2, 2, 2])
    for reduction in ("mean", "sum"):
        weighted = create(reduction)(LOGITS, TARGET, weight)
        torch.testing.assert_close(weighted, create(reduction)(LOGITS[rows], TARGET[rows]))
    torch.testing.assert_close(create("none")(LOGITS, TARGET, weight), weight * create("none")(LOGITS, TARGET))


def test_weights_scale_out_of_the_mean() -> None:
    weight = torch.tensor([0.1, 0.7, 0.4], dtype=torch.float64)
    torch.testing.assert_close(create()(LOGITS, TARGET, 10 * weight), create()(LOGITS, TARGET, weight))


def test_a_weight_of_zero_silences_an_infinite_value() -> None:
    logits = torch.tensor([[0.0, 1e4], [0.0, 0.0]])
    weight = torch.tensor([0.0, 1.0])
    assert create(tau=0.0)(logits, torch.tensor([0, 0]), weight).item() == pytest.approx(1.0)


def test_ignored_entries_do_not_count() -> None:
    x = torch.tensor([[1.0, 2.0, -1.0], [3.0, -5.0, -1.0]])
    assert Pixels()(x).item() == pytest.approx((1 + 4 + 9) / 3)
    assert Pixels(reduction="sum")(x).item() == pytest.approx(14)
    assert Pixels(reduction="none")(x).tolist() == [[1, 4, 0], [9, 0, 0]]


def test_a_weight_belongs_to_the_row_and_all_its_entries() -> None:
    x = torch.tensor([[1.0, 2.0, -1.0], [3.0, -5.0, -1.0]])
    weight = torch.tensor([2.0, 1.0])
    assert Pixels()(x, weight).item() == pytest.approx((2 * (1 + 4) + 9) / (2 * 2 + 1))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    ("x", "weight"),
    [
        (torch.zeros(0, 3), None),
        (torch.zeros(2, 0), None),
        (torch.full((2, 3), -1.0), None),
        (torch.ones(2, 3), torch.zeros(2)),
    ],
    ids=["no row", "no entry", "all ignored", "no weight"],
)
def test_nothing_to_average_is_zero_and_connected(x: Tensor, weight: Tensor | None, reduction: str) -> None:
    x = x.clone().requires_grad_()
    value = Pixels(reduction=reduction)(x, weight)
    assert value.item() == 0
    (gradient,) = torch.autograd.grad(value, x)
    assert torch.equal(gradient, torch.zeros_like(x))


def test_nothing_to_average_is_empty_without_a_reduction() -> None:
    x = torch.zeros(0, 3, requires_grad=True)
    value = Pixels(reduction="none")(x)
    assert value.shape == (0, 3)
    assert value.requires_grad


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("x", [torch.zeros(0, 3), torch.full((2, 3), -1.0)], ids=["no row", "all ignored"])
def test_nothing_to_average_raises_when_debugging(x: Tensor, reduction: str) -> None:
    with losskit.debug(), pytest.raises(InputError, match="pixels: nothing to average, every sample is missing"):
        Pixels(reduction=reduction)(x)


def test_debugging_ends_with_its_context_and_can_be_switched_off_inside() -> None:
    empty = torch.zeros(0, 3)
    with losskit.debug():
        with losskit.debug(False):
            assert Pixels()(empty).item() == 0
        with pytest.raises(InputError):
            Pixels()(empty)
    assert Pixels()(empty).item() == 0


def test_something_to_average_passes_when_debugging() -> None:
    with losskit.debug():
        assert torch.equal(create()(LOGITS, TARGET), create()(LOGITS, TARGET))


@pytest.mark.parametrize(
    ("weight", "error", "sentence"),
    [
        (torch.ones(2), InputError, "sample_weight must have the shape (3,), found (2,)"),
        (torch.ones(3, 1), InputError, "sample_weight must have the shape (3,), found (3, 1)"),
        (
            torch.tensor([1.0, -1.0, 1.0]),
            InputError,
            f"{WEIGHTS}, found -1.0 at index 1",
        ),
        (
            torch.tensor([1.0, 1.0, torch.nan]),
            InputError,
            f"{WEIGHTS}, found nan at index 2",
        ),
        (
            torch.tensor([1.0, torch.inf, 1.0]),
            InputError,
            f"{WEIGHTS}, found inf at index 1",
        ),
        (
            torch.ones(3, dtype=torch.int64),
            InputTypeError,
            "sample_weight must be a floating-point tensor, found torch.int64",
        ),
        ([1.0, 1.0, 1.0], InputTypeError, "sample_weight must be a floating-point tensor, found list"),
    ],
)
def test_bad_weights_are_refused(weight: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as caught:
        create()(LOGITS, TARGET, weight)
    assert str(caught.value) == f"comp_sum: {sentence}"


def test_only_what_differs_from_the_defaults_is_printed() -> None:
    assert repr(create()) == "CompSumLoss(reduction='mean')"
    assert repr(create("sum", tau=1.5)) == "CompSumLoss(tau=1.5, reduction='sum')"
    assert repr(Pixels(weights=[1, 2])) == "Pixels(weights=(1.0, 2.0), reduction='mean')"


def test_lists_of_numbers_become_buffers_that_follow_the_module() -> None:
    loss = Pixels(weights=torch.tensor([1.0, 2.0]))
    assert dict(loss.named_buffers())["weights"].dtype == torch.float64
    assert loss.to("meta").weights.device.type == "meta"
    assert loss.state_dict() == {}
    assert loss.config()["parameters"] == {"weights": [1.0, 2.0], "scale": 1.0, "power": 2}


@pytest.mark.parametrize(
    "clone", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))], ids=["copy", "pickle"]
)
def test_a_copy_is_the_same_loss(clone: Any) -> None:
    loss = create("sum", tau=1.5)
    again = clone(loss)
    assert again.config() == loss.config()
    assert torch.equal(again(LOGITS, TARGET), loss(LOGITS, TARGET))


def test_a_copy_keeps_buffers() -> None:
    again = copy.deepcopy(Pixels(weights=[1.0, 2.0]))
    assert again.config()["parameters"]["weights"] == [1.0, 2.0]
    assert isinstance(again.weights, Tensor)


def test_a_loss_sits_in_a_model_like_any_module() -> None:
    model = nn.ModuleDict({"loss": create()})
    model.load_state_dict(model.state_dict())
    assert list(model.parameters()) == []
    assert model.half()["loss"](LOGITS, TARGET).dtype == torch.float64


def test_two_losses_share_no_state() -> None:
    one, other = create(tau=1.5), create()
    assert [loss.config()["parameters"]["tau"] for loss in (one, other)] == [1.5, 1.0]
