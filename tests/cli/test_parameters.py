from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from pydantic import Field

from losskit.cli.parameters import parse, words
from losskit.spec import LossSpec, Parameters
from losskit.spec.errors import ParameterError
from losskit.spec.tensors import logits


class Every(Parameters):
    """One parameter of each kind."""

    scale: float = Field(1.0, gt=0, allow_inf_nan=True)
    count: int = Field(1, ge=0)
    smooth: bool = False
    mode: Literal["pairs", "none"] = "pairs"
    weights: tuple[float, ...] | None = None
    limit: float | None = None
    share: float | tuple[float, ...] = 1.0


SPEC = LossSpec(
    name="every", title="Every", task="law", summary="s", formula="f", parameters=Every, inputs=(logits("B"),),
    output=("B",), claims=(), references=("ghosh2017robust",), module="nowhere:Nothing", oracle="nowhere:nothing",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("scale=1.5", 1.5),
        ("scale=2", 2.0),
        ("scale=1e-3", 1e-3),
        ("scale=inf", math.inf),
        ("count=3", 3),
        ("smooth=true", True),
        ("smooth=False", False),
        ("mode=none", "none"),
        ("mode=pairs", "pairs"),
        ("weights=1,2.5, 3", [1.0, 2.5, 3.0]),
        ("weights=[1, 2.5]", [1.0, 2.5]),
        ("weights=none", None),
        ("limit=None", None),
        ("share=2", 2.0),
        ("share=1,2.5", [1.0, 2.5]),
        ("share=[3]", [3.0]),
        ("limit=-4", -4.0),
    ],
)
def test_a_value_is_read_as_its_kind(text: str, value: Any) -> None:
    read = parse(SPEC, [text])[text.partition("=")[0]]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["scale"], "every: a parameter is given as name=value, found 'scale'"),
        (["=1"], "every: a parameter is given as name=value, found '=1'"),
        (["scale=big"], "every: parameter scale must be a number, found 'big'"),
        (["scale=0"], "every: parameter scale must be in (0, inf], found 0.0"),
        (["scale=nan"], "parameter scale must be in (0, inf], found nan"),
        (["scale=none"], "parameter scale must be in (0, inf], found None"),
        (["count=1.5"], "every: parameter count must be a whole number, found '1.5'"),
        (["count=-1"], "parameter count must be int in [0, inf), found -1"),
        (["smooth=1"], "every: parameter smooth must be true or false, found '1'"),
        (["mode=batch"], "parameter mode must be in {pairs, none}, found 'batch'"),
        (["weights=1,x"], "parameter weights must be numbers such as 1,2.5,3 or [1, 2.5, 3] or none, found '1,x'"),
        (["weights=[1, [2]]"], "parameter weights must be numbers"),
        (["weights=[1,"], "parameter weights must be numbers"),
        (["limit=x"], "parameter limit must be a number or none, found 'x'"),
        (["size=1"], "every has no parameter 'size'; its parameters are: scale, count"),
        (["count=1", "count=2"], "every: parameter count is given twice"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(texts: list[str], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse(SPEC, texts)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "apart"),
    [(None, ()), ([], ()), (["ort,node"], ("ort", "node")), (["ort", "node, web"], ("ort", "node", "web"))],
)
def test_words_stand_apart_or_between_commas(given: list[str] | None, apart: tuple[str, ...]) -> None:
    assert words(given) == apart
