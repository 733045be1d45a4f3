"""A foreign loss behind its adapter is called like every other one."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch
from pydantic import Field
from torch.nn.functional import cross_entropy

from losskit.registry import build, is_place, load
from losskit.spec import Adapter, LossSpec, Parameters
from losskit.spec.errors import InputError, ParameterError, PluginError, SpecError
from losskit.spec.tensors import Binary, Input, class_target, logits

SCORES = torch.tensor([[1.0, 0.5, -2.0], [0.3, 0.1, 0.2]], dtype=torch.float64)
TARGET = torch.tensor([2, 0])


class Smoothed(Parameters):
    smoothing: float = Field(0.1, ge=0, le=1)


class Weighted(Parameters):
    class_weights: tuple[float, ...] | None = None


class Nothing(Parameters):
    pass


def weighted_sum(labels: Any, *, scores: Any, weight: Any = None, how: str = "average") -> Any:
    """A foreign function: labels first, scores by name, reductions with names of its own, sample weights."""
    values = cross_entropy(scores, labels, reduction="none")
    values = values if weight is None else values * weight
    return {"average": values.mean(), "total": values.sum(), "each": values}[how]


def foreign(module: str, adapter: Adapter, parameters: type[Parameters] = Nothing, **changes: Any) -> LossSpec:
    plain: dict[str, Any] = {
        "name": "foreign",
        "title": "Foreign",
        "task": "classification",
        "summary": "A foreign loss.",
        "formula": "",
        "inputs": (logits("B", "C"), class_target("B")),
        "output": ("B",),
        "claims": (),
        "references": (),
        "weights": None,
    }
    return LossSpec(**{**plain, **changes}, module=module, adapter=adapter, parameters=parameters)


CROSS_ENTROPY = foreign("torch.nn:CrossEntropyLoss", Adapter(parameters={"smoothing": "label_smoothing"}), Smoothed)
FUNCTION = foreign(
    f"{__name__}:weighted_sum",
    Adapter(
        kind="function",
        arguments=("target",),
        keywords={"logits": "scores"},
        reduction="how",
        reductions={"mean": "average", "sum": "total", "none": "each"},
        sample_weight="weight",
    ),
    weights="output",
)
SPECS = [CROSS_ENTROPY, FUNCTION]
NUMBER = 3


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_class_is_built_with_its_own_names(reduction: str) -> None:
    loss = build(CROSS_ENTROPY, reduction=reduction, smoothing=0.3)
    wanted = torch.nn.CrossEntropyLoss(label_smoothing=0.3, reduction=reduction)(SCORES, TARGET)
    torch.testing.assert_close(loss(SCORES, TARGET), wanted)
    torch.testing.assert_close(loss(target=TARGET, logits=SCORES), wanted)
    assert loss.config() == {"name": "foreign", "parameters": {"smoothing": 0.3}, "reduction": reduction}


@pytest.mark.parametrize(("reduction", "how"), [("mean", "average"), ("sum", "total"), ("none", "each")])
def test_a_function_takes_its_arguments_in_its_order(reduction: str, how: str) -> None:
    loss, weight = build(FUNCTION, reduction=reduction), torch.tensor([2.0, 0.5], dtype=torch.float64)
    torch.testing.assert_close(loss(SCORES, TARGET), weighted_sum(TARGET, scores=SCORES, how=how))
    wanted = weighted_sum(TARGET, scores=SCORES, weight=weight, how=how)
    torch.testing.assert_close(loss(SCORES, TARGET, sample_weight=weight), wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lists_take_the_dtype_of_the_inputs(dtype: torch.dtype) -> None:
    adapter = Adapter(kind="function", parameters={"class_weights": "weight"})
    spec = foreign("torch.nn.functional:cross_entropy", adapter, Weighted)
    found = build(spec, class_weights=[1.0, 2.0, 3.0])(SCORES.to(dtype), TARGET)
    wanted = cross_entropy(SCORES.to(dtype), TARGET, weight=torch.tensor([1.0, 2.0, 3.0], dtype=dtype))
    torch.testing.assert_close(found, wanted)


def test_marks_become_signs_and_constants_are_given() -> None:
    marks = Input(name="target", shape=("B",), domain=Binary(), role="target", differentiable=False)
    adapter = Adapter(signs=("target",), constants={"margin": 0.5})
    spec = foreign("torch.nn:HingeEmbeddingLoss", adapter, inputs=(logits("B"), marks))
    found = build(spec)(SCORES[0], torch.tensor([0.0, 1.0, 0.0]))
    wanted = torch.nn.HingeEmbeddingLoss(margin=0.5)(SCORES[0], torch.tensor([-1.0, 1.0, -1.0]))
    torch.testing.assert_close(found, wanted)


def test_exporters_see_the_names_of_the_inputs() -> None:
    assert list(inspect.signature(build(FUNCTION).forward).parameters) == ["logits", "target", "sample_weight"]


def test_copies_and_pickles_are_the_same_loss() -> None:
    loss = build(CROSS_ENTROPY, smoothing=0.2, reduction="sum")
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert repr(other) == repr(loss)
        assert other(SCORES, TARGET) == loss(SCORES, TARGET)


def test_the_foreign_module_is_what_is_scripted() -> None:
    scripted = torch.jit.script(build(CROSS_ENTROPY))
    torch.testing.assert_close(scripted(SCORES, TARGET), build(CROSS_ENTROPY)(SCORES, TARGET))
    with pytest.raises(PluginError, match="foreign cannot be scripted"):
        torch.jit.script(build(FUNCTION))


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        (Adapter(constants={"sharpness": 2}), "torch.nn:CrossEntropyLoss cannot be built with sharpness=2, reduction="),
        (Adapter(reduction="how"), "torch.nn:CrossEntropyLoss cannot be built with how='mean': TypeError"),
    ],
)
def test_arguments_that_a_class_does_not_know_are_one_sentence(adapter: Adapter, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        build(foreign("torch.nn:CrossEntropyLoss", adapter))


def test_arguments_that_a_function_does_not_know_are_one_sentence() -> None:
    adapter = Adapter(kind="function", arguments=("target",), keywords={"logits": "scores"}, reduction="way")
    with pytest.raises(
        PluginError, match=r"weighted_sum cannot be called so: got an unexpected keyword argument 'way'"
    ):
        build(foreign(f"{__name__}:weighted_sum", adapter))


def test_what_the_foreign_loss_lacks_is_refused() -> None:
    spec = foreign("torch.nn:CrossEntropyLoss", Adapter(reduction="", reductions={"mean": None}), coupling="batch")
    with pytest.raises(ParameterError, match="foreign has no reduction 'none', expected one of mean"):
        build(spec, reduction="none")
    with pytest.raises(InputError, match="sample_weight is not taken"):
        build(spec)(SCORES, TARGET, sample_weight=torch.ones(2))
    with pytest.raises(TypeError, match="foreign takes the inputs logits, target"):
        build(spec)(SCORES, TARGET, TARGET)
    with pytest.raises(ParameterError, match="foreign has no parameter 'tau'"):
        build(spec, tau=1)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a.b:C", True), ("a:C", True), ("comp_sum", False), ("./a:b", False), ("a.b:", False), ("C:\\folder", False)],
)
def test_a_place_has_one_form(text: str, is_one: bool) -> None:
    assert is_place(text) is is_one


def test_specs_are_loaded_from_a_place_and_know_it() -> None:
    (one,) = load(f"{__name__}:FUNCTION")
    assert one.place == f"{__name__}:FUNCTION"
    assert [spec.place for spec in load(f"{__name__}:SPECS")] == [f"{__name__}:CROSS_ENTROPY", f"{__name__}:FUNCTION"]
    assert load("comp_sum")[0].place == ""


def test_a_place_without_a_spec_is_one_sentence() -> None:
    with pytest.raises(SpecError, match=r"NUMBER must be a LossSpec or several, found int"):
        load(f"{__name__}:NUMBER")
    with pytest.raises(PluginError, match="nowhere:SPEC cannot be imported: ModuleNotFoundError"):
        load("nowhere:SPEC")
