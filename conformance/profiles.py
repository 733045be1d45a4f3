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
        ascents: sizes of a setting that ascent starts at.
        distributions: label distributions of decision-theoretic claims for each number of classes.
        solver_steps: of BFGS that the solver of their risks follows a start for.
        classes: the largest number of classes it solves for.
        every_rival: whether every wrong class is tried, or the likeliest and the least likely one.
        exports: settings a loss is exported at.
        compilations: backends of ``torch.compile`` with the reduction each compiles.
    """

    settings: int
    sizes: int
    rows: int
    batches: int
    edge: int
    climbers: int
    steps: int
    ascents: int
    distributions: int
    solver_steps: int
    classes: int
    every_rival: bool
    exports: int
    compilations: tuple[tuple[str, str], ...]


THOROUGH = (("inductor", "mean"), ("aot_eager", "sum"), ("aot_eager", "none"))

PROFILES = {
    "quick": Budget(4, 4, 1000, 24, 20, 16, 15, 2, 30, 80, 5, False, 1, (("aot_eager", "mean"),)),
    "standard": Budget(6, 6, 5000, 36, 60, 32, 30, 3, 80, 100, 10, True, 2, THOROUGH),
    "deep": Budget(16, 6, 100000, 200, 500, 128, 150, 6, 2000, 300, 10, True, 3, THOROUGH),
}
