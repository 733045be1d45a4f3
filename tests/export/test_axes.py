"""Sizes to trace with and to replay at."""

from typing import Any

import pytest

import losskit
from losskit.export.axes import lay_out
from losskit.export.subject import prepare
from losskit.spec.errors import ExportError


def test_traced_sizes_are_distinct_and_at_least_two() -> None:
    axes = prepare(losskit.get("dice")).axes
    assert axes.names == ("B", "C", "spatial_0", "spatial_1")
    sizes = list(axes.traced.values())
    assert len(set(sizes)) == len(sizes)
    assert min(sizes) >= 2
    assert axes.dynamic == axes.names


def test_stored_and_fresh_sizes_are_all_different() -> None:
    axes = prepare(losskit.get("comp_sum")).axes
    sizes = [tuple(one.values()) for one in (*axes.stored(), *axes.fresh().values())]
    assert len(set(sizes)) == len(sizes) == 7
    assert axes.fresh()["one sample"]["B"] == 1


@pytest.mark.parametrize(
    ("name", "parameters", "fixed"),
    [
        ("cross_entropy", {"class_weights": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}, {"C": 7}),
        ("dice", {"class_weights": [1.0, 2.0, 3.0], "include_background": False}, {"C": 4}),
        (
            "dice",
            {"class_weights": [1.0], "include_background": False},
            {"C": 2},
        ),  # and 1, which has a graph of its own
        ("cross_entropy", {}, {}),
    ],
)
def test_an_axis_that_a_parameter_determines_is_found(
    name: str, parameters: dict[str, Any], fixed: dict[str, int]
) -> None:
    axes = prepare(losskit.get(name), parameters).axes
    assert {axis: axes.traced[axis] for axis in axes.fixed} == fixed
    assert all(one[axis] == size for one in axes.fresh().values() for axis, size in fixed.items())


def test_axes_may_be_bound_to_each_other_without_being_fixed() -> None:
    axes = prepare(losskit.get("mann_whitney"), without=["target"]).axes
    assert axes.traced["shape_0"] <= axes.traced["shape_1"]
    assert axes.dynamic == axes.names


def test_a_square_matrix_has_one_axis_twice() -> None:
    axes = lay_out(losskit.get("spherical_head"), {}, [])
    assert axes.shapes["gram"] == ("d", "d")
    assert axes.names == ("B", "d", "D")


def test_an_axis_may_be_pinned_and_a_rank_chosen() -> None:
    axes = prepare(losskit.get("dice"), sizes={"C": 1}, ranks={"*spatial": 3}).axes
    assert axes.fixed == {"C"}
    assert axes.shapes["target"] == ("B", "spatial_0", "spatial_1", "spatial_2")


def test_an_optional_input_may_be_left_out() -> None:
    spec = losskit.get("linear_cross_entropy")
    assert [entry.name for entry in lay_out(spec, {}, ["bias"]).inputs] == ["hidden", "weight", "target"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sizes": {"Q": 3}}, "no axis 'Q'"),
        ({"ranks": {"*spatial": 0}}, "at least 1"),
        ({"ranks": {"B": 2}}, "one of: \\*spatial"),
        ({"without": ["target"]}, "'target' cannot be left out"),
    ],
)
def test_a_wrong_choice_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ExportError, match=sentence):
        prepare(losskit.get("dice"), **options)


def test_an_axis_may_occur_twice_in_an_input_and_unrolled_ones_keep_their_size() -> None:
    axes = prepare(losskit.get("neural_collapse_ufm")).axes
    assert axes.shapes["hidden_weights"] == ("L", "D", "D")
    assert axes.fixed == {"L"}
    assert {one["L"] for one in (*axes.stored(), *axes.fresh().values())} == {axes.traced["L"]}
