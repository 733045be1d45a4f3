"""Inputs drawn from the domains of a spec."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losskit
from losskit.export.axes import Axes
from losskit.export.data import HUGE, Kind, draw, ignorable
from losskit.export.subject import prepare
from losskit.spec.regimes import AtLeast, Below, Between, Interval
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Domain, Input, Probability, Real

kinds = st.sampled_from(get_args(Kind))
counts = st.integers(2, 9)


def one_input(domain: Domain, integer: bool = False) -> Axes:
    scores = Input(name="scores", shape=("B", "C"))
    entry = Input(name="x", shape=("B",), dtype="int64" if integer else "float", domain=domain)
    return Axes(inputs=(scores, entry), shapes={"scores": ("B", "C"), "x": ("B",)})


@given(kind=kinds, rows=counts, classes=counts, seed=st.integers(0, 99))
def test_class_ids_are_in_range_and_an_ignored_id_is_the_declared_one(
    kind: Kind, rows: int, classes: int, seed: int
) -> None:
    axes = one_input(ClassIndex(of="C", ignore="skip"), integer=True)
    labels = draw(axes, {"B": rows, "C": classes}, {"skip": -7}, seed, kind)["x"]
    assert labels.dtype == np.int64
    assert np.all((labels >= 0) & (labels < classes) | (labels == -7))
    assert np.all(labels == -7) == (kind == "all ignored")
    assert ignorable(axes, {"skip": -7})
    assert not ignorable(axes, {"skip": None})


@given(kind=kinds, rows=counts, seed=st.integers(0, 99))
def test_marks_hold_a_zero_and_a_one(kind: Kind, rows: int, seed: int) -> None:
    marks = draw(one_input(Binary()), {"B": rows, "C": 2}, {}, seed, kind)["x"]
    assert set(marks.tolist()) == {0.0, 1.0}
    assert marks.dtype == np.float32


@pytest.mark.parametrize(
    "interval", [Interval(), AtLeast(0), Below(0), Between(-2, 3), Between(0, 1, "neither"), Interval(low=0)], ids=str
)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_reals_lie_in_their_interval(interval: Interval, kind: Kind) -> None:
    values = draw(one_input(Real(interval=interval)), {"B": 50, "C": 2}, {}, 0, kind)["x"]
    assert all(float(value) in interval for value in values)


def test_probabilities_reach_both_ends() -> None:
    values = draw(one_input(Probability()), {"B": 50, "C": 2}, {}, 0, "huge")["x"]
    assert set(values.tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_rows_of_distributions_sum_to_one(kind: Kind) -> None:
    scores = Input(name="x", shape=("B", "C"), domain=Distribution())
    rows = draw(Axes(inputs=(scores,), shapes={"x": ("B", "C")}), {"B": 50, "C": 3}, {}, 0, kind)["x"]
    assert rows.min() >= 0
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-6)


def test_huge_scores_are_huge_and_ties_are_ties() -> None:
    axes = prepare(losskit.get("comp_sum")).axes
    huge = draw(axes, axes.traced, {}, 0, "huge")["logits"]
    assert set(np.abs(huge).ravel().tolist()) == {HUGE}
    ties = draw(axes, axes.traced, {}, 0, "ties")["logits"]
    assert len(np.unique(ties)) < ties.shape[1]


def test_targets_with_a_span_lie_in_it() -> None:
    axes = prepare(losskit.get("hl_gauss")).axes
    target = draw(axes, {"B": 99, "K": 5}, {"min_value": 2.0, "max_value": 3.0}, 0)["target"]
    assert 2 <= target.min() <= target.max() <= 3


def test_a_single_channel_of_two_classes_has_both_labels() -> None:
    axes = prepare(losskit.get("dice"), sizes={"C": 1}).axes
    assert set(draw(axes, axes.traced, {}, 0)["target"].ravel().tolist()) == {0, 1}


def test_compared_ids_hold_equal_and_unequal_pairs() -> None:
    labels = draw(one_input(ClassIndex(of=None), integer=True), {"B": 6, "C": 2}, {}, 0)["x"]
    assert 1 < len(np.unique(labels)) < len(labels)


def test_the_same_seed_draws_the_same_inputs() -> None:
    axes = prepare(losskit.get("comp_sum")).axes
    one, other, next_one = (draw(axes, axes.traced, {}, seed)["logits"] for seed in (4, 4, 5))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, next_one)
