"""What a loss is made of: the functions and classes of its own module and of shared ones that it reaches by name."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache

from losskit.conformance.mutants.sources import PLUGINS, module_of, source_of
from losskit.registry import get, names
from losskit.spec import LossSpec

# input checks are RejectsBadInput's, told apart by messages; the others act in processes or settings that no claim enters
APART = tuple(f"{PLUGINS}.{name}" for name in ("checks", "debug", "distributed", "adapted", "composed"))
Place = tuple[str, str]  # a module and a name it defines at its top


def used_by(spec: LossSpec) -> dict[str, set[str]]:
    """Top-level functions and classes a loss is made of, by module."""
    used: dict[str, set[str]] = {}
    for module, name in steps_to(spec):
        used.setdefault(module, set()).add(name)
    return used


def steps_to(spec: LossSpec) -> dict[Place, int]:
    """The same with the number of steps from the loss's own module, in which everything is 0 steps away."""
    own = module_of(spec, "loss")
    steps = {(own, name): 0 for name in definitions(own)}
    open_ends = deque(steps)
    while open_ends:
        place = open_ends.popleft()
        for reached in _reached(*place):
            if reached not in steps:
                steps[reached] = steps[place] + (reached[0] != own)
                open_ends.append(reached)
    return steps


@cache
def users() -> dict[Place, tuple[str, ...]]:
    """Registered losses that use a function or class, the most direct user first, of those the one made of least."""
    found: dict[Place, list[tuple[int, int, str]]] = {}
    for loss in names():
        steps = steps_to(get(loss))
        for place, far in steps.items():
            found.setdefault(place, []).append((far, len(steps), loss))
    return {place: tuple(loss for _, _, loss in sorted(ranked)) for place, ranked in found.items()}


def modules_of(losses: Iterable[str]) -> dict[str, set[str]]:
    """Modules that some losses are made of, with what they use of each."""
    together: dict[str, set[str]] = {}
    for loss in losses:
        for module, used in used_by(get(loss)).items():
            together.setdefault(module, set()).update(used)
    return dict(sorted(together.items()))


@cache
def definitions(module: str) -> dict[str, ast.AST]:
    """Functions and classes at the top of a module."""
    body = ast.parse(source_of(module)).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@cache
def _imported(module: str) -> dict[str, Place]:
    """Names that a module takes from shared modules, and where they are defined."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse(source_of(module)))
        if isinstance(node, ast.ImportFrom) and node.module and _shared(node.module)
        for alias in node.names
    }


def _shared(module: str) -> bool:
    """Whether a module belongs to no loss in particular."""
    below = module.removeprefix(f"{PLUGINS}.")
    return below != module and module not in APART and (below.startswith("ops.") or "." not in below)


def _reached(module: str, name: str) -> Iterator[Place]:
    imported = _imported(module)
    for node in ast.walk(definitions(module)[name]):
        if not isinstance(node, ast.Name):
            continue
        if node.id in definitions(module):
            yield module, node.id
        elif node.id in imported and imported[node.id][1] in definitions(imported[node.id][0]):
            yield imported[node.id]
