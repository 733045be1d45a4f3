"""Parameters: a strict class for the author, a description as data, and one sentence for who gets one wrong."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, create_model, field_validator, model_validator

from losskit.spec import Above, AtLeast, Between, Parameters, ParameterSet
from losskit.spec.errors import ParameterError, PluginError, SpecError
from losskit.spec.regimes import Interval, condition

Positive = Annotated[float, Field(gt=0)]


class Every(Parameters):
    """One parameter of each kind."""

    rate: float = Field(0.5, ge=0, le=1, description="a rate")
    limit: float = Field(1.0, allow_inf_nan=True)
    bounded: float = Field(1.0, ge=0, allow_inf_nan=True)
    cap: float | None = Field(None, gt=0)
    count: int = Field(2, ge=1)
    anchor: int = -100
    strict: bool = False
    mode: Literal["all", "pairs"] = "all"
    weights: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    share: Positive | tuple[Positive, ...] = Field(1.0, json_schema_extra={"length": "*shape"})


EVERY = ParameterSet.of(Every)


def test_a_class_is_described_as_data() -> None:
    domains = {field.name: field.describe_domain() for field in EVERY.fields}
    assert domains == {
        "rate": "[0, 1]",
        "limit": "(-inf, inf]",
        "bounded": "[0, inf]",
        "cap": "None or (0, inf)",
        "count": "int in [1, inf)",
        "anchor": "int",
        "strict": "bool",
        "mode": "{all, pairs}",
        "weights": "None or list of numbers in [0, inf)",
        "share": "(0, inf), or a list of such numbers, one for each entry of the last axis",
    }
    assert [field.default for field in EVERY.fields] == [0.5, 1.0, 1.0, None, 2, -100, False, "all", None, 1.0]
    assert EVERY.fields[0].description == "a rate"


def test_the_description_survives_json_and_still_validates() -> None:
    again = ParameterSet.model_validate_json(EVERY.model_dump_json())
    assert again == EVERY
    assert again.validate_values("every", {"rate": 1})["rate"] == 1.0


def test_what_is_not_given_takes_its_default() -> None:
    values = EVERY.validate_values("every", {"count": 3})
    assert values["count"] == 3
    assert values["anchor"] == -100
    assert tuple(values) == EVERY.names()


@pytest.mark.parametrize(
    ("name", "value", "domain"),
    [
        ("rate", 1.5, "in [0, 1]"),
        ("rate", "0.5", "in [0, 1]"),
        ("rate", True, "in [0, 1]"),
        ("rate", None, "in [0, 1]"),
        ("rate", math.nan, "in [0, 1]"),
        ("rate", math.inf, "in [0, 1]"),
        ("rate", [0.5], "in [0, 1]"),
        ("limit", math.nan, "in (-inf, inf]"),
        ("bounded", math.nan, "in [0, inf]"),
        ("cap", 0, "None or (0, inf)"),
        ("cap", math.inf, "None or (0, inf)"),
        ("count", 2.0, "int in [1, inf)"),
        ("count", 0, "int in [1, inf)"),
        ("count", True, "int in [1, inf)"),
        ("anchor", None, "int"),
        ("strict", 1, "bool"),
        ("strict", "yes", "bool"),
        ("mode", "none", "in {all, pairs}"),
        ("weights", 1.0, "None or list of numbers in [0, inf)"),
        ("weights", (1.0, -1.0), "None or list of numbers in [0, inf)"),
        ("weights", (1.0, math.nan), "None or list of numbers in [0, inf)"),
        ("weights", (1.0, math.inf), "None or list of numbers in [0, inf)"),
        ("weights", ("a",), "None or list of numbers in [0, inf)"),
    ],
)
def test_a_wrong_value_is_named_with_its_domain(name: str, value: Any, domain: str) -> None:
    with pytest.raises(ParameterError) as caught:
        EVERY.validate_values("every", {name: value})
    found = tuple(value) if isinstance(value, list) else value
    assert str(caught.value) == f"every: parameter {name} must be {domain}, found {found!r}"


def test_an_unknown_parameter_is_named_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r"^every has no parameter 'tua'; its parameters are: rate, limit, "):
        EVERY.validate_values("every", {"tua": 1.0})


def test_a_loss_without_parameters_says_so() -> None:
    class Nothing(Parameters):
        """No parameters."""

    with pytest.raises(ParameterError, match="bare has no parameter 'tau'; its parameters are: none"):
        ParameterSet.of(Nothing).validate_values("bare", {"tau": 1.0})


def test_a_parameter_error_is_a_value_error() -> None:
    assert issubclass(ParameterError, ValueError)


def test_arrays_are_taken_as_lists() -> None:
    class Array:
        def tolist(self) -> list[float]:
            return [1.0, 2.0]

    assert EVERY.validate_values("every", {"weights": Array()})["weights"] == (1.0, 2.0)


class Ends(Parameters):
    """Two parameters in order, both of them even."""

    low: float = 0.0
    high: float = 2.0

    @field_validator("low", "high")
    @classmethod
    def _even(cls, value: float) -> float:
        if value % 2:
            raise ValueError("expected an even number")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low must lie below high, found {self.low:g} and {self.high:g}")
        return self


def test_a_relation_between_parameters_is_a_sentence_too() -> None:
    with pytest.raises(ParameterError, match=r"^ends: low must lie below high, found 4 and 2$"):
        ParameterSet.of(Ends).validate_values("ends", {"low": 4.0})


def test_the_sentence_of_an_own_validator_is_kept() -> None:
    with pytest.raises(ParameterError, match=r"^ends: parameter high: expected an even number, found 3\.0$"):
        ParameterSet.of(Ends).validate_values("ends", {"high": 3.0})


@pytest.mark.parametrize(
    ("name", "given", "admitted"),
    [
        ("rate", Between(0, 1), True),
        ("rate", Between(0, 2), False),
        ("rate", condition(0.25), True),
        ("rate", condition(None), False),
        ("bounded", condition(math.inf), True),
        ("limit", AtLeast(0), True),
        ("cap", condition(None), True),
        ("cap", Above(0), True),
        ("cap", AtLeast(0), False),
        ("count", condition(3), True),
        ("count", condition(2.5), False),
        ("count", Interval(low=1, high=4, closed="both"), True),
        ("mode", condition(("all", "pairs")), True),
        ("mode", condition("none"), False),
        ("strict", condition(True), True),
        ("strict", condition(1), False),
        ("weights", condition(None), True),
        ("weights", condition(1.0), False),
    ],
)
def test_which_conditions_a_domain_admits(name: str, given: Any, admitted: bool) -> None:
    parameter = EVERY.get(name)
    assert parameter is not None
    assert parameter.admits(given) is admitted


def test_a_parameter_needs_a_default() -> None:
    class Required(Parameters):
        tau: float

    with pytest.raises(SpecError, match="parameter tau has no default"):
        ParameterSet.of(Required)


def test_a_parameter_of_another_type_is_refused() -> None:
    class Text(Parameters):
        word: str = "a"

    with pytest.raises(SpecError, match=r"parameter word is a .*, expected float, int, bool, Literal or tuple"):
        ParameterSet.of(Text)


def test_a_class_that_cannot_be_imported_is_a_plugin_error() -> None:
    with pytest.raises(PluginError, match=r"parameters class losskit\.nowhere:Missing cannot be imported"):
        ParameterSet(place="losskit.nowhere:Missing").validate_values("lost", {})


class Configured(Sequence[float]):
    """A list of a configuration library, which is no subclass of ``list``."""

    def __getitem__(self, place: Any) -> Any:
        return [1.0, 2.0][place]

    def __len__(self) -> int:
        return 2


def test_any_sequence_of_numbers_is_a_list() -> None:
    assert EVERY.validate_values("every", {"weights": Configured()})["weights"] == (1.0, 2.0)


@pytest.mark.parametrize("name", ["name", "reduction"])
def test_a_parameter_does_not_hide_a_word_of_create(name: str) -> None:
    hiding = create_model("Hiding", __base__=Parameters, **{name: (float, 1.0)})  # type: ignore[call-overload]
    with pytest.raises(SpecError, match=rf"words of create\(\), found a parameter {name} in Hiding: rename it"):
        ParameterSet.of(hiding)
