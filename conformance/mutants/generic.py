"""The generic pass: every operator on every expression of a loss's own code, each until the first claim falls."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from losskit.conformance.claims import claims_of
from losskit.conformance.mutants.attempt import OutOfTimeError, first_to_fall, single_thread, time_limit
from losskit.conformance.mutants.model import Attempt, Fate, Run
from losskit.conformance.mutants.operators import Mutation, mutations
from losskit.conformance.mutants.running import Progress, side_by_side
from losskit.conformance.mutants.sources import PLUGINS, module_of, rebuilt, source_of
from losskit.registry import get
from losskit.spec import LossSpec

EQUIVALENT = Path(__file__).with_name("equivalent.json")
FIRST = ("WorkedExamples", "MatchesReference", "FiniteOn", "Reduces", "IgnoresIndex", "DTypeStable")  # cheap and deadly
LIMIT = 60.0


def run_generic(
    losses: Sequence[str],
    profile: str = "quick",
    seed: int = 0,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Mutate the code of some losses everywhere; those known to be equivalent are left out.

    Raises:
        UnknownLossError: there is no such loss.
    """
    started = time.perf_counter()
    known = equivalent()
    tasks = [
        (loss, module, mutation, profile, seed)
        for loss in losses
        for module, mutation in mutants_of(get(loss))
        if label(module, mutation) not in known.get(loss, {})
    ]
    attempts: list[Attempt] = []
    for tried in side_by_side(_attempt, tasks, jobs):
        attempts.append(tried)
        if progress is not None:
            progress(len(attempts), len(tasks), tried)
    order = {f"{loss}/{label(module, m)}": place for place, (loss, module, m, _, _) in enumerate(tasks)}
    attempts.sort(key=lambda a: order[a.mutant])
    return Run(profile=profile, seed=seed, attempts=tuple(attempts), seconds=round(time.perf_counter() - started, 3))


@cache
def equivalent() -> dict[str, dict[str, str]]:
    """Mutations that change nothing a claim speaks of, by loss, each with the reason."""
    known: dict[str, dict[str, str]] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return known


def label(module: str, mutation: Mutation) -> str:
    """How a mutation is called in tables and among the equivalent ones."""
    return f"{module.removeprefix(f'{PLUGINS}.').rpartition('.')[2]}.{mutation.name}"


def mutants_of(spec: LossSpec) -> list[tuple[str, Mutation]]:
    """Mutations of the loss's module and of what it uses of the shared operations, with the module each is in."""
    return [(module, m) for module, used in used_by(spec).items() for m in mutations(source_of(module), used)]


def used_by(spec: LossSpec) -> dict[str, set[str]]:
    """Top-level functions and classes a loss is made of: its module's, and those of ``ops`` that they reach by name."""
    own = module_of(spec, "loss")
    used: dict[str, set[str]] = {}
    open_ends = [(own, name) for name in _definitions(own)]
    while open_ends:
        module, name = open_ends.pop()
        if name in used.setdefault(module, set()):
            continue
        used[module].add(name)
        open_ends.extend(_reached(module, _definitions(module)[name]))
    return used


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    body = ast.parse(source_of(module)).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _reached(module: str, definition: ast.AST) -> Iterator[tuple[str, str]]:
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse(source_of(module)))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PLUGINS}.ops.")
        for alias in node.names
    }
    for node in ast.walk(definition):
        if not isinstance(node, ast.Name):
            continue
        if node.id in _definitions(module):
            yield module, node.id
        elif node.id in imported and imported[node.id][1] in _definitions(imported[node.id][0]):
            yield imported[node.id]


def _attempt(loss: str, module: str, mutation: Mutation, profile: str, seed: int) -> Attempt:
    started = time.perf_counter()
    fate, killer, outcome, detail = _hunt(get(loss), module, mutation, profile, seed)
    return Attempt(
        mutant=f"{loss}/{label(module, mutation)}",
        loss=loss,
        caught_by=killer.partition(" ")[0].partition("(")[0] or "any",
        fate=fate,
        killer=killer,
        outcome=outcome,
        detail=detail,
        seconds=round(time.perf_counter() - started, 3),
    )


def _hunt(spec: LossSpec, module: str, mutation: Mutation, profile: str, seed: int) -> tuple[Fate, str, str, str]:
    try:
        with single_thread(), time_limit(LIMIT), rebuilt(spec, {module: mutation.text}) as wrong:
            by_cost = sorted(claims_of(wrong), key=lambda claim: claim.property.kind not in FIRST)
            found = first_to_fall(wrong, by_cost, profile, seed, errors=True)
    except OutOfTimeError:  # a loss that hangs is noticed
        return "killed", "time limit", "timeout", f"no verdict within {LIMIT:g} s"
    except Exception as error:  # a module that cannot be imported is noticed, too
        return "killed", "import", "error", f"{type(error).__name__}: {error}"
    if found is None:
        return "survived", "", "", ""
    return "killed", found.claim, found.outcome, found.witness.detail if found.witness is not None else found.reason
