"""What the tab key offers: names from metadata and from our own sources, so that nothing heavy or foreign is imported."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import losskit
from losskit.registry import providers

VARIABLE = "_LOSSKIT_COMPLETE"  # set by the scripts of 'losskit completion'
COUPLINGS = ("none", "pairs", "batch", "set")
NO_KINDS = ("Claim", "Engineering", "Property")


def prepare() -> None:
    """Make the shells known, where a shell asks."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def losses(incomplete: str) -> list[str]:
    """Installed losses; no plugin is imported."""
    return _matching(tuple(providers()), incomplete)


def tasks(incomplete: str) -> list[str]:
    """Tasks that built-in losses are for: the folders of their plugins."""
    every = (p.module.split(".") for offered in providers().values() for p in offered if p.builtin)
    return _matching(tuple(sorted({parts[2] for parts in every if len(parts) == 4})), incomplete)


def couplings(incomplete: str) -> list[str]:
    """Ways in which samples are coupled."""
    return _matching(COUPLINGS, incomplete)


def distributions(incomplete: str) -> list[str]:
    """What may offer losses."""
    names = {p.distribution for offered in providers().values() for p in offered}
    return _several(("all", "builtin", *sorted(names)), incomplete)


def properties(incomplete: str) -> list[str]:
    """The vocabulary; after a comma, too."""
    return _several(kinds(), incomplete)


def kinds() -> tuple[str, ...]:
    """The vocabulary as its package lists it, read and not run: pydantic takes longer than a key press may."""
    source = Path(losskit.__file__).parent / "spec" / "properties" / "__init__.py"
    try:
        body = ast.parse(source.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError):  # installed without its sources
        return ()
    lists = (n.value for n in body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__")
    found = ast.literal_eval(next(lists, ast.Tuple(elts=[], ctx=ast.Load())))
    return tuple(name for name in found if not name.isupper() and name not in NO_KINDS)


def _matching(words: tuple[str, ...], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _several(words: tuple[str, ...], incomplete: str) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{word}" for word in _matching(words, last)]
