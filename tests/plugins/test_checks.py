"""What is refused at the door: rank, size and dtype always, values where reading them costs nothing."""

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

import losskit
from losskit.plugins.checks import check_inputs, concrete, readable
from losskit.spec import Between, Input, Least, LossSpec, OneOf, Parameters, ParameterSet, Reference
from losskit.spec.errors import InputError, InputTypeError
from losskit.spec.tensors import Binary, ClassIndex, Probability, Real, class_target, level_target, logits

SCORES, IDS = torch.zeros(2, 3), torch.tensor([0, 2])


class Door(Parameters):
    ignore_index: int = -100


def spec(*inputs: Input) -> LossSpec:
    """A spec with these inputs."""
    return LossSpec(
        name="door",
        title="Door",
        task="classification",
        summary="Inputs to refuse.",
        formula="z",
        parameters=ParameterSet.of(Door),
        inputs=inputs,
        output=("B",),
        claims=(),
        references=(Reference(key="ghosh2017robust"),),
        module="nowhere:Door",
        oracle="nowhere:door",
    )


def entry(name: str, *shape: str, **fields: Any) -> Input:
    return Input(name=name, shape=shape, **fields)


ROWS = spec(logits("B", "C"), class_target("B", ignore="ignore_index"))
IMAGES = spec(entry("probs", "B", "*S", domain=Probability()), entry("mask", "B", "*S", domain=Binary()))


def refuse(of: LossSpec, ignore_index: int = -100, **inputs: Any) -> tuple[type[Exception], str]:
    """The error with which inputs are refused."""
    with pytest.raises((InputError, InputTypeError)) as caught:
        check_inputs(of, inputs, {"ignore_index": ignore_index})
    return caught.type, str(caught.value)


def accept(of: LossSpec, ignore_index: int = -100, **inputs: Any) -> None:
    check_inputs(of, inputs, {"ignore_index": ignore_index})


@pytest.mark.parametrize(
    ("scores", "ids", "sentence"),
    [
        (torch.zeros(3), IDS, "input logits must have 2 axes, (B, C), found 1 axis, shape (3,)"),
        (torch.zeros(2, 3, 1), IDS, "input logits must have 2 axes, (B, C), found 3 axes, shape (2, 3, 1)"),
        (SCORES, torch.zeros(2, 1).long(), "input target must have 1 axis, (B,), found 2 axes, shape (2, 1)"),
        (SCORES, torch.tensor([0]), "input target must have B = 2 as logits has it, found 1, shape (1,)"),
        (SCORES, torch.tensor([0, 3]), "input target must hold a class id in 0..2 or -100, found 3 at index 1"),
        (SCORES, torch.tensor([-1, 3]), "input target must hold a class id in 0..2 or -100, found -1 at index 0"),
        (SCORES, None, "input target is missing"),
    ],
)
def test_rank_size_and_value(scores: Tensor, ids: Tensor | None, sentence: str) -> None:
    assert refuse(ROWS, logits=scores, target=ids) == (InputError, f"door: {sentence}")


@pytest.mark.parametrize(
    ("scores", "ids", "sentence"),
    [
        (SCORES.long(), IDS, "input logits must be a floating-point tensor, found torch.int64"),
        (SCORES > 0, IDS, "input logits must be a floating-point tensor, found torch.bool"),
        (SCORES, IDS.float(), "input target must be an int64 tensor, found torch.float32"),
        (SCORES, IDS.int(), "input target must be an int64 tensor, found torch.int32"),
        (SCORES, [0, 2], "input target must be an int64 tensor, found list"),
        (SCORES.numpy(), IDS, "input logits must be a floating-point tensor, found ndarray"),
    ],
)
def test_dtype(scores: Any, ids: Any, sentence: str) -> None:
    assert refuse(ROWS, logits=scores, target=ids) == (InputTypeError, f"door: {sentence}")


def test_input_errors_are_the_usual_kinds() -> None:
    assert issubclass(InputError, ValueError)
    assert issubclass(InputTypeError, TypeError)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_is_taken(dtype: torch.dtype) -> None:
    accept(ROWS, logits=SCORES.to(dtype), target=IDS)


def test_the_ignored_id_is_admissible() -> None:
    accept(ROWS, logits=SCORES, target=torch.tensor([-100, 1]))
    accept(ROWS, ignore_index=7, logits=SCORES, target=torch.tensor([7, 1]))
    assert "found -100 at index 0" in refuse(ROWS, ignore_index=7, logits=SCORES, target=torch.tensor([-100, 1]))[1]


def test_a_parameter_that_a_size_bounds() -> None:
    loss = losskit.create("ldr_k", k=4)
    loss(torch.zeros(2, 4), IDS)
    with pytest.raises(InputError) as caught:
        loss(SCORES, IDS)
    assert str(caught.value) == "ldr_k: parameter k must be at most C = 3 as logits has it, found 4"


def test_an_empty_batch_is_admissible() -> None:
    accept(ROWS, logits=torch.zeros(0, 3), target=torch.zeros(0, dtype=torch.int64))


def test_any_number_of_axes_where_the_spec_says_so() -> None:
    for shape in ((2,), (2, 4), (2, 4, 5, 6)):
        accept(IMAGES, probs=torch.zeros(shape), mask=torch.zeros(shape))
    _, sentence = refuse(IMAGES, probs=torch.zeros(2, 4), mask=torch.zeros(2, 5))
    assert sentence == "door: input mask must have *S = (4,) as probs has it, found (5,), shape (2, 5)"
    _, sentence = refuse(IMAGES, probs=torch.zeros(()), mask=torch.zeros(()))
    assert sentence == "door: input probs must have at least 1 axis, (B, *S), found 0 axes, shape ()"


def test_an_axis_after_any_number_of_axes() -> None:
    last = spec(entry("x", "B", "*S", "C"), entry("w", "C"))
    accept(last, x=torch.zeros(2, 4, 5, 3), w=torch.zeros(3))
    _, sentence = refuse(last, x=torch.zeros(2, 4, 5, 3), w=torch.zeros(5))
    assert sentence == "door: input w must have C = 3 as x has it, found 5, shape (5,)"


@pytest.mark.parametrize(
    ("probs", "mask", "sentence"),
    [
        ([[0.5, 1.5]], [[0.0, 1.0]], "input probs must hold a number in [0, 1], found 1.5 at index (0, 1)"),
        ([[torch.nan, 0.5]], [[0.0, 1.0]], "input probs must hold a number in [0, 1], found nan at index (0, 0)"),
        ([[0.5, 0.5]], [[0.5, 1.0]], "input mask must hold 0 or 1, found 0.5 at index (0, 0)"),
        ([[0.5, 0.5]], [[1.0, torch.nan]], "input mask must hold 0 or 1, found nan at index (0, 1)"),
    ],
)
def test_the_first_offending_value_and_its_index(probs: Any, mask: Any, sentence: str) -> None:
    found = refuse(IMAGES, probs=torch.tensor(probs), mask=torch.tensor(mask))
    assert found == (InputError, f"door: {sentence}")


@pytest.mark.parametrize(
    ("domain", "good", "bad"),
    [
        (Real(), [-1e30, torch.nan, torch.inf], []),
        (Real(interval=Between(0, 1, "left")), [0.0, 0.99], [1.0, -0.1, torch.nan]),
        (Real(interval=Between(0, float("inf"), "neither")), [1e-30, 1e30], [0.0, torch.inf]),
        (Real(interval=Between(0, float("inf"))), [0.0, torch.inf], [-1.0]),
    ],
)
def test_real_domains(domain: Real, good: list[float], bad: list[float]) -> None:
    of = spec(entry("x", "B", domain=domain))
    accept(of, x=torch.tensor(good))
    for value in bad:
        assert "input x must hold a number in" in refuse(of, x=torch.tensor([value]))[1]


def test_one_channel_may_stand_for_two_classes() -> None:
    of = spec(logits("B", "C"), class_target("B", binary_when_one=True))
    accept(of, logits=torch.zeros(2, 1), target=torch.tensor([0, 1]))
    assert "a class id in 0..1, found 2" in refuse(of, logits=torch.zeros(2, 1), target=torch.tensor([0, 2]))[1]


def test_there_is_one_class_more_than_thresholds() -> None:
    of = spec(logits("B", "T"), level_target("B", thresholds="T"))
    accept(of, logits=torch.zeros(2, 2), target=torch.tensor([0, 2]))
    assert "a class id in 0..2, found 3" in refuse(of, logits=torch.zeros(2, 2), target=torch.tensor([0, 3]))[1]


def test_scores_that_must_not_increase() -> None:
    of = spec(entry("x", "B", "T", domain=Real(falling=True)))
    accept(of, x=torch.tensor([[2.0, 1.0, 1.0], [1.0, torch.nan, 3.0]]))
    sentence = "input x must hold numbers that do not increase along the last axis, found 2.0 at index (1, 2)"
    assert sentence in refuse(of, x=torch.tensor([[2.0, 1.0, 0.0], [3.0, 1.0, 2.0]]))[1]


def test_ids_that_are_only_compared_may_be_anything() -> None:
    of = spec(entry("labels", "B", dtype="int64", domain=ClassIndex(), differentiable=False))
    accept(of, labels=torch.tensor([-5, 10**12]))


def test_an_optional_input_may_be_missing() -> None:
    accept(spec(entry("x", "B"), entry("w", "B", optional=True)), x=torch.zeros(2), w=None)


BAD = torch.tensor([0, 9])


def test_values_are_not_read_on_the_meta_device() -> None:
    for enabled in (False, True):
        with losskit.debug(enabled):
            accept(ROWS, logits=SCORES.to("meta"), target=BAD.to("meta"))
            assert "B = 2" in refuse(ROWS, logits=SCORES.to("meta"), target=torch.zeros(3).long().to("meta"))[1]


def test_values_are_not_read_under_transforms() -> None:
    loss = losskit.create("comp_sum", reduction="none")
    seen: list[bool] = []

    def value(scores: Tensor, target: Tensor) -> Tensor:
        seen.append(readable(scores))
        return torch.as_tensor(loss(scores.unsqueeze(0), target.unsqueeze(0))).sum()

    with losskit.debug():
        torch.func.vmap(value)(SCORES, IDS)
        torch.func.grad(value)(SCORES[0], IDS[0])
    assert seen == [False, False]


def test_values_are_not_read_while_compiling() -> None:
    seen: list[bool] = []

    def value(scores: Tensor) -> Tensor:
        seen.append(readable(scores))
        return scores.sum()

    torch.compile(value, backend="eager", fullgraph=True)(SCORES)
    torch.export.export(torch.nn.Identity(), (SCORES,))
    assert True not in seen


def test_values_are_not_read_while_tracing() -> None:
    class Reads(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + (1.0 if readable(x) else 2.0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Reads(), (torch.zeros(1),))
    assert traced(torch.zeros(1)).item() == 2.0


def test_fake_tensors_have_no_values() -> None:
    with FakeTensorMode():
        assert not concrete(torch.zeros(2))


def test_parameters_of_a_model_have_values() -> None:
    assert readable(torch.nn.Parameter(torch.zeros(2)))


@pytest.mark.parametrize("enabled", [False, True])
def test_values_on_the_cpu_are_read_with_and_without_debugging(enabled: bool) -> None:
    with losskit.debug(enabled):
        assert "found 9 at index 1" in refuse(ROWS, logits=SCORES, target=BAD)[1]


@pytest.mark.gpu
def test_values_on_an_accelerator_are_read_only_when_debugging() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    accept(ROWS, logits=SCORES.cuda(), target=BAD.cuda())
    with losskit.debug():
        assert "found 9 at index 1" in refuse(ROWS, logits=SCORES.cuda(), target=BAD.cuda())[1]


def test_a_class_without_a_row_is_refused_where_every_class_must_have_one() -> None:
    every = spec(logits("B", "C"), entry("labels", "B", dtype="int64", domain=ClassIndex(of="C", every=True)))
    accept(every, logits=torch.zeros(3, 3), labels=torch.tensor([2, 0, 1]))
    _, message = refuse(every, logits=torch.zeros(3, 3), labels=torch.tensor([2, 0, 2]))
    assert message == "door: input labels must hold at least 1 sample of each of the 3 classes, found none of class 1"


def test_the_least_size_of_a_regime_is_asked_there_alone() -> None:
    two = Least(symbol="C", size=2, when={"ignore_index": OneOf(values=(-1,))})
    sometimes = spec(logits("B", "C"), class_target("B")).model_copy(update={"least_when": (two,)})
    one: dict[str, Any] = {"logits": torch.zeros(2, 1), "target": torch.tensor([0, 0])}
    accept(sometimes, **one)
    _, message = refuse(sometimes, ignore_index=-1, **one)
    assert message == "door: input logits must have C >= 2 with ignore_index = -1, found C = 1"
