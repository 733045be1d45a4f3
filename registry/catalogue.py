"""What can be said of every installed loss without running anybody's code."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from losskit.registry.discovery import Provider, providers

_FIRST_LINE = re.compile(r'(?:\s*#[^\n]*\n|\s*\n)*\s*[rR]?"""\s*(?P<line>.*?)\s*(?:"""|\n)')


@dataclass(frozen=True)
class Listing:
    """An installed loss as its metadata show it.

    Attributes:
        name: of the loss.
        providers: distributions that offer it; more than one is a collision and the loss cannot be used.
        task: the folder of losskit's own plugins; empty for a plugin of another distribution.
        synopsis: first line of the plugin's docstring; empty for another distribution's plugin that is not imported.
        problem: why it cannot be used, as far as is known without importing it; empty where nothing is known against it.
    """

    name: str
    providers: tuple[Provider, ...]
    task: str = ""
    synopsis: str = ""
    problem: str = ""


def listing() -> tuple[Listing, ...]:
    """All installed losses, sorted by name. No plugin is imported, no spec is built."""
    return tuple(_listing(name, offered) for name, offered in providers().items())


def _listing(name: str, offered: tuple[Provider, ...]) -> Listing:
    if len(offered) > 1:
        return Listing(name, offered, problem=f"provided by {' and by '.join(map(str, offered))}")
    if offered[0].problem:
        return Listing(name, offered, problem=offered[0].problem)
    module = offered[0].module.partition(":")[0]
    if module in sys.modules:
        return Listing(name, offered, task=_task(offered[0]), synopsis=_first_line(sys.modules[module].__doc__))
    if not offered[0].builtin:  # finding a submodule imports its parents, and those are outside code
        return Listing(name, offered)
    try:
        found = find_spec(module)
    except ImportError:
        found = None
    if found is None:
        return Listing(name, offered, task=_task(offered[0]), problem=f"the module {module} does not exist")
    return Listing(name, offered, task=_task(offered[0]), synopsis=_synopsis(found))


def _task(provider: Provider) -> str:
    """Built-in plugins lie in ``losskit.plugins.<task>.<loss>``."""
    parts = provider.module.split(".")
    return parts[2] if provider.builtin and len(parts) == 4 else ""


def _synopsis(module: ModuleSpec) -> str:
    """First line of a docstring, read from the source as :func:`pydoc.source_synopsis` does."""
    if not module.has_location or module.origin is None:
        return ""
    try:
        source = Path(module.origin).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # in an archive, or compiled without its source
        return ""
    match = _FIRST_LINE.match(source)
    return match["line"] if match else ""


def _first_line(docstring: str | None) -> str:
    lines = (docstring or "").strip().splitlines()
    return lines[0].strip() if lines else ""
