"""How much work a run does: quick for every day, standard before a release, deep overnight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Effort a claim gets.

    Attributes:
        settings: parameter settings drawn from the regime.
        neighbours: settings next to the ends of regimes, beside these.
        sizes: combinations of sizes a setting is tried at.
        turns: how many of these a setting behind the first gets, each setting others, where no witness is needed of each.
        leading: how many the first one gets there, and those that no other setting has its turn at.
        rows: rows a random batch has, for losses whose cases are rows.
        batches: random batches, for losses whose cases are batches.
        edge: examples the edge layer draws.
        climbers: rows ascent starts from.
        steps: steps of ascent.
        ascents: sizes of a setting that ascent starts at.
        climbs: batches that it starts from there, for losses whose cases are batches.
        distributions: label distributions of decision-theoretic claims for each number of classes.
        solver_steps: of BFGS that the solver of their risks follows a start for.
        classes: the largest number of classes it solves for.
        every_rival: whether every wrong class is tried, or the likeliest and the least likely one.
        exports: settings a loss is exported at.
        ranks: whether processes are started for a loss that is split over ranks.
        compilations: backends of ``torch.compile`` with the reduction each compiles.
    """

    settings: int
    neighbours: int
    sizes: int
    turns: int
    leading: int
    rows: int
    batches: int
    edge: int
    climbers: int
    steps: int
    ascents: int
    climbs: int
    distributions: int
    solver_steps: int
    classes: int
    every_rival: bool
    exports: int
    ranks: bool
    compilations: tuple[tuple[str, str], ...]


THOROUGH = (("inductor", "mean"), ("aot_eager", "sum"), ("aot_eager", "none"))

PROFILES = {
    "quick": Budget(
        settings=4,
        neighbours=16,
        sizes=4,
        turns=1,
        leading=2,
        rows=500,
        batches=12,
        edge=4,
        climbers=16,
        steps=12,
        ascents=2,
        climbs=2,
        distributions=24,
        solver_steps=60,
        classes=5,
        every_rival=False,
        exports=1,
        ranks=False,
        compilations=(("eager", "mean"),),
    ),
    "standard": Budget(
        settings=6,
        neighbours=48,
        sizes=6,
        turns=3,
        leading=6,
        rows=5000,
        batches=36,
        edge=30,
        climbers=32,
        steps=30,
        ascents=3,
        climbs=3,
        distributions=80,
        solver_steps=100,
        classes=10,
        every_rival=True,
        exports=2,
        ranks=True,
        compilations=THOROUGH,
    ),
    "deep": Budget(
        settings=12,
        neighbours=96,
        sizes=6,
        turns=3,
        leading=6,
        rows=20000,
        batches=72,
        edge=120,
        climbers=64,
        steps=60,
        ascents=3,
        climbs=3,
        distributions=300,
        solver_steps=200,
        classes=10,
        every_rival=True,
        exports=3,
        ranks=True,
        compilations=THOROUGH,
    ),
}
