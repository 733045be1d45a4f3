"""Regimes: membership, overlap and inclusion on open, closed and infinite ends and on sets."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losskit.spec import Above, AtLeast, Below, Between, Interval, OneOf, describe_regime
from losskit.spec.errors import SpecError
from losskit.spec.regimes import Closed, condition, overlap, regimes_overlap, within

INF = math.inf
Given = Interval | OneOf
ENDS = (-INF, -1.0, 0.0, 1.0, 2.0, INF)
BETWEEN = (-2.0, -0.5, 0.5, 1.5, 3.0)
NEVER_IN_A_SET = (-2.5, -0.7, 0.3, 1.3, 3.3)
SIDES: tuple[Closed, ...] = ("both", "left", "right", "neither")


def samples() -> Iterator[float]:
    """Every end an interval can have here and points between each two, one of them in no set: enough to tell all apart."""
    yield from (*ENDS, *BETWEEN, *NEVER_IN_A_SET)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = sorted(draw(st.lists(st.sampled_from(ENDS), min_size=2, max_size=2)))
    return Interval(low=low, high=high, closed="both" if low == high else draw(st.sampled_from(SIDES)))


def sets() -> st.SearchStrategy[OneOf]:
    return st.lists(st.sampled_from(ENDS + BETWEEN), min_size=1, max_size=3).map(lambda v: OneOf(values=tuple(v)))


def conditions() -> st.SearchStrategy[Given]:
    return intervals() | sets()


@given(one=conditions(), other=conditions())
def test_overlap_is_what_sampling_finds(one: Given, other: Given) -> None:
    assert overlap(one, other) == any(value in one and value in other for value in samples())


@given(inner=conditions(), outer=conditions())
def test_within_is_what_sampling_finds(inner: Given, outer: Given) -> None:
    assert within(inner, outer) == all(value in outer for value in samples() if value in inner)


@given(one=conditions(), other=conditions())
def test_overlap_is_symmetric(one: Given, other: Given) -> None:
    assert overlap(one, other) == overlap(other, one)


@given(given_=conditions())
def test_a_condition_survives_json(given_: Given) -> None:
    assert type(given_).model_validate_json(given_.model_dump_json()) == given_


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Between(0, 1), Between(1, 2), True),
        (Between(0, 1, "left"), Between(1, 2), False),
        (Between(0, 1), Between(1, 2, "right"), False),
        (Above(1), Below(1), False),
        (AtLeast(1), condition(1), True),
        (Above(1), condition(1), False),
        (AtLeast(0), condition(INF), False),
        (Between(0, INF), condition(INF), True),
        (condition(["a", "b"]), condition("b"), True),
        (condition(["a", "b"]), condition("c"), False),
        (condition(None), AtLeast(0), False),
        (condition(True), condition(1), False),
    ],
)
def test_overlap_at_the_ends(one: Given, other: Given, expected: bool) -> None:
    assert overlap(one, other) is expected


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (Between(0, 1), AtLeast(0), True),
        (Between(0, 1), Above(0), False),
        (Between(0, 1, "right"), Above(0), True),
        (Above(0), Between(0, INF), True),
        (Between(0, INF), AtLeast(0), False),
        (condition((0, 0.5)), Between(0, 1), True),
        (condition((0, 2)), Between(0, 1), False),
        (Between(1, 1), condition((1, 2)), True),
        (Between(1, 2), condition((1, 2)), False),
        (condition(True), Between(0, 1), False),
    ],
)
def test_within_at_the_ends(inner: Given, outer: Given, expected: bool) -> None:
    assert within(inner, outer) is expected


@pytest.mark.parametrize("closed", ["left", "right", "neither"])
def test_a_point_must_be_closed_on_both_sides(closed: Closed) -> None:
    with pytest.raises(SpecError, match="is empty: its lower end must lie below its upper end"):
        Between(1, 1, closed)


def test_an_interval_runs_upwards() -> None:
    with pytest.raises(SpecError, match=r"interval \[2, 1\] is empty"):
        Between(2, 1)


def test_an_interval_has_no_end_at_nan() -> None:
    with pytest.raises(SpecError, match="is empty"):
        AtLeast(math.nan)


def test_a_set_holds_something() -> None:
    with pytest.raises(SpecError, match="a set of values is empty, expected at least one value"):
        condition(())


def test_the_order_of_a_set_does_not_depend_on_hashing() -> None:
    assert condition({"pairs", "all", "positives"}) == OneOf(values=("all", "pairs", "positives"))
    assert condition({2, 0.5, 1}) == OneOf(values=(0.5, 1, 2))


def test_infinity_in_a_set_survives_json() -> None:
    given_ = OneOf(values=(-INF, 1, INF))
    assert OneOf.model_validate_json(given_.model_dump_json()) == given_


def test_what_a_regime_does_not_name_is_free() -> None:
    assert regimes_overlap({"tau": Between(0, 1)}, {"C": condition(2)})
    assert not regimes_overlap({"tau": Between(0, 1), "C": condition(3)}, {"tau": condition(1), "C": condition(2)})


def test_a_regime_reads_as_people_write_it() -> None:
    regime = {"tau": Between(0, 2, "left"), "C": condition(2), "mode": condition(("a", "b")), "cap": condition(None)}
    assert describe_regime(regime) == "tau in [0, 2), C = 2, mode in {a, b}, cap = None"
    assert describe_regime({}) == ""
