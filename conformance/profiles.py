"""How much work a run does: quick for every day, standard before a release, deep overnight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Effort a claim gets.

    Attributes:
        settings: parameter settings drawn from the regime.
        sizes: combinations of sizes a setting is tried at.
        rows: rows a random batch has, for losses whose cases are rows.
        batches: random batches, for losses whose cases are batches.
        edge: examples the edge layer draws.
        climbers: rows ascent starts from.
        steps: steps of ascent.
        distributions: label distributions of the calibration solver for each number of classes.
        solver_steps: its first-order steps.
        compiler: backend of ``torch.compile``.
    """

    settings: int
    sizes: int
    rows: int
    batches: int
    edge: int
    climbers: int
    steps: int
    distributions: int
    solver_steps: int
    compiler: str


PROFILES = {
    "quick": Budget(4, 4, 1000, 12, 20, 16, 15, 40, 120, "aot_eager"),
    "standard": Budget(8, 5, 10000, 40, 100, 64, 60, 300, 500, "inductor"),
    "deep": Budget(16, 5, 100000, 200, 500, 128, 150, 2000, 1000, "inductor"),
}
