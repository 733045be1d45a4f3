"""The generic pass: every operator on every expression of the losses' own and shared code, each until a claim falls.

A module is mutated once. What is changed in a loss's own module is tried on that loss; what is changed in a shared
function on the most direct :data:`USERS` losses that use it, in the order of :data:`STAGES`: cheap and deadly claims on all of
them before any dearer ones.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from losskit.conformance.claims import claims_of
from losskit.conformance.mutants.attempt import OutOfTimeError, first_to_fall, single_thread, time_limit
from losskit.conformance.mutants.coverage import lines_run
from losskit.conformance.mutants.equivalence import equivalent, short
from losskit.conformance.mutants.model import Attempt, Run
from losskit.conformance.mutants.operators import Mutation, mutations
from losskit.conformance.mutants.reach import modules_of, users
from losskit.conformance.mutants.running import Progress, side_by_side
from losskit.conformance.mutants.sources import rebuilt, source_of
from losskit.conformance.report import Finding
from losskit.registry import get
from losskit.spec import Claim, LossSpec

# kinds in order of what they cost: milliseconds, tenths of a second, a second for the graphs; then the laws; then solvers
TIERS = (
    ("WorkedExamples", "MatchesReference"),
    ("RoundTrips", "RejectsBadInput", "FiniteOn", "BatchDecomposable", "Deterministic"),
    ("IgnoresIndex", "Reduces", "DTypeStable", "Weighted", "StaysOnDevice"),
    ("Transforms", "Scripts", "ExportsONNX", "GraphKeepsLaws", "GraphRejectsBadInput", "Compiles"),
    (),
    ("ClassificationCalibrated", "TopKCalibrated", "HConsistencyBound", "NoiseTolerant", "Proper", "StrictlyProper"),
)
LAWS = TIERS.index(())  # where a kind that no tier names belongs
EAGER = (0, 1, 2)  # tiers whose claims run Python alone, so that what they never run cannot fall by them
APART = ("ShardsAcross",)  # the processes of its ranks import the loss as it is
USERS = 3  # losses that a change of a shared function is tried on
# tiers with the losses of a task they are tried on: the dear ones last, and on the first loss alone
STAGES = (((0,), slice(None)), ((1, 2, 3), slice(1)), ((1, 2, 3), slice(1, None)), ((LAWS, LAWS + 1), slice(1)))
LIMIT, EAGER_LIMIT = 60.0, 10.0  # seconds of processor time for one claim; a healthy loss needs a tenth of it


class Task(NamedTuple):
    """One mutation and the losses it is tried on, with the number of mutations it stands for."""

    module: str
    mutation: Mutation
    losses: tuple[str, ...]
    weight: float = 1.0

    @property
    def name(self) -> str:
        """How the mutation is called in tables."""
        return f"{short(self.module)}/{self.mutation.name}"


def run_generic(
    losses: Sequence[str],
    profile: str = "quick",
    seed: int = 0,
    jobs: int | None = None,
    progress: Progress | None = None,
    sample: int | None = None,
) -> Run:
    """Mutate what some losses are made of everywhere; mutations known to be equivalent are left out.

    Args:
        losses: registered losses; changes of shared functions are tried on these before others.
        profile: effort of each attack.
        seed: everything that is drawn follows from it, the sample included.
        jobs: processes; the number of cores if left out.
        progress: called after each mutant with how many are done, how many there are, and the last one.
        sample: mutations a module at most; all if left out.

    Raises:
        UnknownLossError: there is no such loss.
    """
    started = time.perf_counter()
    every = list(mutants_of(losses))
    tasks = _sampled([t for t in every if t.mutation.name not in equivalent(t.module)], sample, seed)
    attempts: list[Attempt] = []
    for tried in side_by_side(_attempt, [(task, profile, seed) for task in tasks], jobs):
        attempts.append(tried)
        if progress is not None:
            progress(len(attempts), len(tasks), tried)
    order = {task.name: place for place, task in enumerate(tasks)}
    attempts.sort(key=lambda a: order[a.mutant])
    return Run(
        profile=profile,
        seed=seed,
        attempts=tuple(attempts),
        equivalent=sum(t.mutation.name in equivalent(t.module) for t in every),
        seconds=round(time.perf_counter() - started, 3),
    )


def mutants_of(losses: Sequence[str]) -> Iterator[Task]:
    """Mutations of all that some losses are made of, each text once, with the losses they are tried on."""
    for loss in losses:
        get(loss)  # an unknown one is refused before any work
    for module, used in modules_of(losses).items():
        texts: set[str] = set()
        for mutation in mutations(source_of(module), used):
            if mutation.text not in texts:
                texts.add(mutation.text)
                by = users()[module, mutation.definition]
                yield Task(module, mutation, tuple(sorted(by, key=lambda loss: loss not in losses))[:USERS])


def _sampled(tasks: Sequence[Task], number: int | None, seed: int) -> list[Task]:
    """So many tasks of each module, drawn by the seed and in their order; each stands for its share of the module's."""
    if number is None:
        return list(tasks)
    drawn: list[Task] = []
    for module in dict.fromkeys(t.module for t in tasks):
        there = [t for t in tasks if t.module == module]
        places = random.Random(f"{seed}:{module}").sample(range(len(there)), min(number, len(there)))
        drawn += [there[place]._replace(weight=len(there) / len(places)) for place in sorted(places)]
    return drawn


def _attempt(task: Task, profile: str, seed: int) -> Attempt:
    started = time.perf_counter()
    loss, killer, outcome, detail = task.losses[0], "", "", ""
    with single_thread():
        for loss, claims in _in_order(task, profile, seed):
            try:
                found = _hunt(get(loss), claims, task, profile, seed)
            except OutOfTimeError:  # a loss that hangs is noticed
                killer, outcome, detail = "time limit", "timeout", "no verdict in time"
            except Exception as error:  # a module that cannot be imported is noticed, too
                killer, outcome, detail = "import", "error", f"{type(error).__name__}: {error}"
            else:
                if found is None:
                    continue
                killer, outcome = found.claim, found.outcome
                detail = found.witness.detail if found.witness is not None else found.reason
            break
    return Attempt(
        mutant=task.name,
        loss=loss if killer else task.losses[0],
        caught_by=killer.partition(" ")[0].partition("(")[0] or "any",
        fate="killed" if killer else "survived",
        killer=killer,
        outcome=outcome,
        detail=detail,
        seconds=round(time.perf_counter() - started, 3),
        weight=task.weight,
    )


def _in_order(task: Task, profile: str, seed: int) -> Iterator[tuple[str, list[Claim]]]:
    """Losses with the claims to try on them next: the dearer ones on fewer losses, and none that never runs the change."""
    for tiers, among in STAGES:
        for loss in task.losses[among]:
            telling = [tier for tier in tiers if tier not in EAGER or _runs(task, loss, tier, profile, seed)]
            claims = [c for c in claims_of(get(loss)) if tier_of(c) in telling and c.property.kind not in APART]
            if claims:
                yield loss, sorted(claims, key=_rank)


def _runs(task: Task, loss: str, tier: int, profile: str, seed: int) -> bool:
    """Whether the claims of a tier run the statement that is changed."""
    if not task.mutation.lines[0]:
        return True
    run = lines_run(loss, TIERS[tier], profile, seed)
    return any((task.module, line) in run for line in range(task.mutation.lines[0], task.mutation.lines[1] + 1))


def _rank(claim: Claim) -> tuple[int, int]:
    tier = tier_of(claim)
    return tier, TIERS[tier].index(claim.property.kind) if TIERS[tier] else 0


def tier_of(claim: Claim) -> int:
    """The place of a claim's kind among the tiers."""
    return next((place for place, kinds in enumerate(TIERS) if claim.property.kind in kinds), LAWS)


def _hunt(spec: LossSpec, claims: list[Claim], task: Task, profile: str, seed: int) -> Finding | None:
    with rebuilt(spec, {task.module: task.mutation.text}) as wrong:
        for claim in claims:
            with time_limit(EAGER_LIMIT if tier_of(claim) in EAGER else LIMIT):
                found = first_to_fall(wrong, [claim], profile, seed, errors=True, brief=True)
            if found is not None:
                return found
    return None
