"""The sharding example: two processes, the gradients of one."""

from __future__ import annotations

from examples.sharding.train import EXACT, LOSSES, compare


def test_gradients_of_two_processes_are_those_of_one() -> None:
    worst = compare()
    assert set(worst) == set(LOSSES)
    assert max(worst.values()) <= EXACT
