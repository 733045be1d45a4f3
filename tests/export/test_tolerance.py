"""When two results are the same."""

import math
from typing import Any

import numpy as np
import pytest

from losskit.export.tolerance import Tolerance, deviation, rounding_error

TOLERANCE = Tolerance(rtol=1e-5, atol=1e-6, noise=8.0)


def worst(expected: Any, found: Any, exact: Any = None) -> float:
    wanted = np.asarray(expected, dtype=np.float32)
    true = wanted.astype(np.float64) if exact is None else np.asarray(exact, dtype=np.float64)
    rounding = {"loss": rounding_error(wanted, true)}
    return deviation({"loss": wanted}, rounding, {"loss": np.asarray(found, dtype=np.float32)}, TOLERANCE).worst


@pytest.mark.parametrize(
    ("expected", "found"),
    [(1.0, 1.000005), (1e4, 1e4 + 0.05), (0.0, 5e-7), (math.inf, math.inf), (math.nan, math.nan)],
)
def test_close_results_pass(expected: float, found: float) -> None:
    assert worst(expected, found) <= 1


@pytest.mark.parametrize(
    ("expected", "found"),
    [(1.0, 1.0001), (1e-3, 2e-3), (0.0, 1e-4), (1.0, math.inf), (1.0, math.nan), (math.inf, -math.inf), (math.inf, 1.0),
     (math.inf, math.nan), (math.nan, 0.0), ([1.0, 2.0], [1.0, 2.1]), ([1.0, 2.0], [2.0, 1.0]), (1.0, [1.0])],
)  # fmt: skip
def test_other_results_fail(expected: Any, found: Any) -> None:
    assert worst(expected, found) > 1


def test_a_graph_may_err_as_far_as_the_module_does() -> None:
    assert worst(1.0, 1.001, exact=1.001) <= 1
    assert worst(1.0, 1.1, exact=1.001) > 1


@pytest.mark.parametrize(("found", "right"), [(1 + 2**-10, True), (1 - 2**-11, True), (1 + 2**-9, False)])
def test_neighbours_of_half_precision_are_the_same(found: float, right: bool) -> None:
    wanted, got = {"grad": np.ones(1, np.float16)}, {"grad": np.asarray([found], np.float16)}
    off = deviation(wanted, {"grad": np.zeros(1)}, got, Tolerance.of("float16"))
    assert (off.worst <= 1) == right


def test_the_largest_numbers_of_half_precision_have_neighbours() -> None:
    wanted, got = {"grad": np.asarray([65504.0], np.float16)}, {"grad": np.asarray([65472.0], np.float16)}
    assert deviation(wanted, {"grad": np.zeros(1)}, got, Tolerance.of("float16")).worst <= 1


def test_a_rounding_to_single_precision_is_another_number_in_double() -> None:
    wanted = {"loss": np.full(1, 1 / 3)}
    got = {"loss": wanted["loss"].astype(np.float32).astype(np.float64)}
    assert deviation(wanted, {"loss": np.zeros(1)}, got, Tolerance.of("float64")).worst > 10


def test_another_dtype_fails() -> None:
    off = deviation({"loss": np.ones(1)}, {"loss": np.zeros(1)}, {"loss": np.ones(1, np.float32)}, TOLERANCE)
    assert (off.worst, off.where) == (math.inf, "loss is float32, expected float64")


def test_what_only_float64_holds_is_not_compared() -> None:
    assert worst(math.inf, 3e38, exact=1e40) <= 1
    assert worst(math.nan, math.inf, exact=1e40) <= 1


def test_missing_outputs_fail() -> None:
    one = {"loss": np.zeros(())}
    off = deviation(one, one, {"grad_logits": np.zeros(())}, TOLERANCE)
    assert off.worst == math.inf
    assert off.where == "outputs grad_logits, expected loss"


def test_the_worst_entry_is_named() -> None:
    wanted, found = np.zeros((2, 2)), np.array([[0.0, 0.0], [0.5, 0.0]])
    off = deviation({"grad_logits": wanted}, {"grad_logits": wanted}, {"grad_logits": found}, TOLERANCE)
    assert off.where == "grad_logits[1, 0] is 0.5, expected 0"


def test_nothing_to_compare_passes() -> None:
    assert worst(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_an_overflown_slope_may_be_lost_to_not_a_number_and_to_no_number() -> None:
    slope, none = np.asarray([math.inf], np.float32), np.zeros(1)
    for found, passes in ((math.nan, True), (-math.inf, False), (1.0, False)):
        given = {"grad_logits": np.asarray([found], np.float32)}
        assert (deviation({"grad_logits": slope}, {"grad_logits": none}, given, TOLERANCE).worst <= 1) is passes
