"""All mutants side by side in processes, then the same checks on the losses as they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from losskit.conformance.claims import claims_of
from losskit.conformance.mutants.attempt import attempt, control
from losskit.conformance.mutants.model import Attempt, Control, Mutant, Run
from losskit.registry import get

T = TypeVar("T")
Progress = Callable[[int, int, Attempt | Control], None]


def run(
    mutants: Sequence[Mutant],
    profile: str = "quick",
    seed: int = 0,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Attack every mutant, then check that the harness leaves the unmutated losses alone.

    Args:
        mutants: what to attack.
        profile: effort of each attack.
        seed: everything that is drawn follows from it.
        jobs: processes; the number of cores if left out.
        progress: called after each mutant and each control with how many are done, how many there are, and the last one.

    Raises:
        EditError: a mutant no longer fits the source it is made from.
    """
    started = time.perf_counter()
    tell = progress or (lambda *_: None)
    attempts: list[Attempt] = []
    for tried in side_by_side(attempt, [(m, profile, seed) for m in mutants], jobs):
        attempts.append(tried)
        tell(len(attempts), len(mutants), tried)
    checked: list[Control] = []
    pairs = _controls(attempts)
    for found in side_by_side(control, [(loss, kind, profile, seed) for loss, kind in pairs], jobs):
        checked.append(found)
        tell(len(checked), len(pairs), found)
    order = {m.name: place for place, m in enumerate(mutants)}
    return Run(
        profile=profile,
        seed=seed,
        attempts=tuple(sorted(attempts, key=lambda a: order[a.mutant])),
        controls=tuple(sorted(checked, key=lambda c: (c.loss, c.kind))),
        seconds=round(time.perf_counter() - started, 3),
    )


def _controls(attempts: Iterable[Attempt]) -> list[tuple[str, str]]:
    """Loss and kind of every check that refuted a mutant, where the loss itself makes such a claim."""
    used = {(a.loss, kind) for a in attempts for kind in (a.caught_by, a.killer_kind) if kind}
    return sorted((loss, kind) for loss, kind in used if claims_of(get(loss), (kind,)))


def side_by_side(work: Callable[..., T], tasks: Sequence[tuple[Any, ...]], jobs: int | None) -> Iterator[T]:
    """Results of calls as they come in, in processes of their own unless one is enough."""
    workers = min(len(tasks), jobs or os.cpu_count() or 1)
    if workers <= 1:
        yield from (work(*task) for task in tasks)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    yield from parallel(delayed(work)(*task) for task in tasks)
