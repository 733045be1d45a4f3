"""Simple parts of a parameter space."""

from __future__ import annotations

import losskit
from losskit.conformance.suggestion.points import points, runs
from losskit.spec import Interval, OneOf


def test_points_are_ends_the_default_and_landmarks() -> None:
    assert points(losskit.get("comp_sum"))["tau"] == [0.0, 0.5, 1.0, 2.0, 3.0]


def test_points_of_every_loss_are_admissible() -> None:
    for name in losskit.names():
        spec = losskit.get(name)
        for parameter, values in points(spec).items():
            field = spec.parameters.get(parameter)
            assert field is not None
            assert field.admits(OneOf(values=tuple(values))), (name, parameter, values)


def test_a_run_knows_how_far_it_may_reach() -> None:
    tau = losskit.get("comp_sum").parameters.get("tau")
    assert tau is not None
    values = [0.0, 0.5, 1.0, 2.0, 3.0]
    first, last = runs(tau, values, [True, True, False, False, True])
    assert (first.values, first.inner) == ((0.0, 0.5), Interval(low=0, high=0.5, closed="both"))
    assert first.outer == Interval(low=0, high=1, closed="left")
    assert last.inner == Interval(low=3, closed="left")
    assert last.outer == Interval(low=2)
    (inside,) = runs(tau, values, [False, True, False, False, False])
    assert inside.inner is None
    assert inside.regimes("tau", outer=False) == [{"tau": OneOf(values=(0.5,))}]
