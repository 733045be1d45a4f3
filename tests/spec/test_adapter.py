"""An adapter that does not fit its spec is refused with one sentence when the spec is built."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from losskit.spec import Adapter, LossSpec, Parameters
from losskit.spec.errors import SpecError
from losskit.spec.tensors import class_target, logits


class Weights(Parameters):
    smoothing: float = Field(0.0, ge=0, le=1)


class Listed(Parameters):
    class_weights: tuple[float, ...] | None = None


def spec(adapter: Adapter | None, **changes: Any) -> LossSpec:
    plain: dict[str, Any] = {
        "name": "foreign",
        "title": "Foreign",
        "task": "classification",
        "summary": "A foreign loss.",
        "formula": "",
        "parameters": Weights,
        "inputs": (logits("B", "C"), class_target("B")),
        "output": ("B",),
        "claims": (),
        "references": (),
        "weights": None,
        "module": "torch.nn:CrossEntropyLoss",
        "adapter": adapter,
    }
    return LossSpec.model_validate({**plain, **changes})


@pytest.mark.parametrize(
    ("adapter", "sentence"),
    [
        ({"parameters": {"tau": "T"}}, "foreign: the adapter names the parameter 'tau', expected one of smoothing"),
        ({"arguments": ("scores",)}, "foreign: the adapter names the input 'scores', expected one of logits, target"),
        (
            {"keywords": {"labels": "y"}},
            "foreign: the adapter names the input 'labels', expected one of logits, target",
        ),
        ({"arguments": ("logits",)}, "foreign: the adapter passes the input 'target' nowhere, expected once"),
        (
            {"arguments": ("logits", "target"), "keywords": {"target": "y"}},
            "foreign: the adapter passes the input 'target' twice, expected once",
        ),
        (
            {"signs": ("target",)},
            "foreign: the adapter passes 'target' as -1 and 1, expected an input of 0 and 1, found class id in 0..C-1",
        ),
        ({"parameters": {"smoothing": "a b"}}, "foreign: the adapter names the argument 'a b', which is no identifier"),
        (
            {"parameters": {"smoothing": "eps"}, "constants": {"eps": 1}},
            "foreign: the adapter gives the argument 'eps' twice",
        ),
        ({"reductions": {}}, "foreign: the adapter has no reduction, expected at least one of mean, sum, none"),
        (
            {"reduction": ""},
            "foreign: the adapter names no argument to choose among the reductions mean, sum, none",
        ),
        (
            {"reduction": "", "reductions": {"mean": None}},
            "foreign: a loss without the reduction none must say what couples its samples",
        ),
        ({"sample_weight": "w"}, "foreign: weights have the shape of None, and the adapter passes them as w"),
    ],
)
def test_a_wrong_adapter_is_one_sentence(adapter: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(Adapter(**adapter))
    assert str(caught.value) == sentence


def test_weights_that_nobody_passes_are_refused() -> None:
    with pytest.raises(
        SpecError, match="weights have the shape of 'output', and the adapter passes them as no argument"
    ):
        spec(Adapter(), weights="output")


def test_a_class_is_not_built_with_a_list() -> None:
    with pytest.raises(SpecError, match=r"cannot build a class with the list 'class_weights'.*expected a function"):
        spec(Adapter(), parameters=Listed)
    assert spec(Adapter(kind="function"), parameters=Listed).adapter is not None


def test_only_a_foreign_loss_may_lack_an_oracle() -> None:
    with pytest.raises(SpecError, match="a loss needs an oracle"):
        spec(None)


def test_an_adapter_survives_json() -> None:
    one = spec(Adapter(parameters={"smoothing": "label_smoothing"}, constants={"ignore_index": -1}))
    assert LossSpec.model_validate_json(one.model_dump_json()) == one


def test_a_loss_of_losskit_has_all_reductions() -> None:
    assert spec(Adapter(), oracle="").reductions() == ("mean", "sum", "none")
    one = spec(Adapter(reduction="", reductions={"mean": None}), coupling="batch")
    assert one.reductions() == ("mean",)
