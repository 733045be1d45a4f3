"""Which losses are installed: read from package metadata, without importing any plugin."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from losskit.registry import metadata
from losskit.registry.metadata import Entry

GROUP = "losskit.losses"
EXTENSIONS = "losskit.extensions"
BUILTIN = "losskit"
VARIABLE = "LOSSKIT_PLUGINS"
NAME = re.compile(r"[a-z][a-z0-9_]*")  # of a loss; LossSpec holds the same, and is not imported to list names
_WORD = r"[^\W\d]\w*"
_VALUE = re.compile(rf"(?P<module>{_WORD}(\.{_WORD})*)\s*(:\s*(?P<path>{_WORD}(\.{_WORD})*))?\s*(\[.*\])?")
CACHES: list[Callable[[], None]] = []  # emptied by forget()


@dataclass(frozen=True)
class Provider:
    """A distribution that offers a loss under a name.

    Attributes:
        name: of the loss.
        module: what the entry point names, ``package.module`` or ``package.module:attribute``.
        distribution: its name.
        version: of the distribution.
        problem: why it cannot be used, as far as its metadata show.
    """

    name: str
    module: str
    distribution: str
    version: str
    problem: str = ""

    @property
    def builtin(self) -> bool:
        """Whether losskit itself provides the loss."""
        return self.distribution == BUILTIN

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.module})"


def selection() -> str:
    """Which plugins are wanted: ``all``, or a comma-separated list of distributions, ``builtin`` for losskit's own."""
    return os.environ.get(VARIABLE, "all").strip() or "all"


def unmatched() -> tuple[str, ...]:
    """Words of the selection that no distribution with plugins answers to."""
    offered = (provider for group in (GROUP, EXTENSIONS) for provider in _installed(group))
    known = {"all", "builtin", *(_canonical(provider.distribution) for provider in offered)}
    return tuple(word for word in map(str.strip, selection().split(",")) if word and _canonical(word) not in known)


def providers(group: str = GROUP, choice: str | None = None) -> dict[str, tuple[Provider, ...]]:
    """Providers by the name of what they offer; of a loss more than one is a collision.

    Args:
        group: of entry points.
        choice: a selection; the one in force if left out.
    """
    return _wanted(selection() if choice is None else choice, group)


def own(group: str) -> tuple[Provider, ...]:
    """The entries of losskit itself, which no selection takes away."""
    return tuple(provider for provider in _installed(group) if provider.builtin)


def builtin() -> tuple[str, ...]:
    """Names of the losses that losskit itself provides, sorted."""
    return tuple(name for name, offered in providers().items() if any(provider.builtin for provider in offered))


@cache
def _wanted(choice: str, group: str) -> dict[str, tuple[Provider, ...]]:
    found: dict[str, list[Provider]] = {}
    words = _words(choice)
    for provider in _installed(group):
        if _is_wanted(provider.distribution, words):
            found.setdefault(provider.name, []).append(provider)
    return {name: tuple(found[name]) for name in sorted(found)}


def _is_wanted(distribution: str, words: frozenset[str]) -> bool:
    return "all" in words or ("builtin" in words and distribution == BUILTIN) or _canonical(distribution) in words


def _words(choice: str) -> frozenset[str]:
    return frozenset(_canonical(word) for word in choice.split(","))


def _canonical(distribution: str) -> str:
    """A distribution's name as installers compare it: My_Losses is my-losses."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


@cache
def _installed(group: str) -> tuple[Provider, ...]:
    # the same line may be there twice
    return tuple(dict.fromkeys(_provider(entry, group) for entry in metadata.entries(group)))


def _provider(entry: Entry, group: str) -> Provider:
    place = _VALUE.fullmatch(entry.value)
    module = entry.value if place is None else ":".join(filter(None, place.group("module", "path")))
    return Provider(entry.name, module, entry.distribution, entry.version, _problem(entry, group, place is not None))


def _problem(entry: Entry, group: str, is_place: bool) -> str:
    if not is_place:
        return f"its entry point is {entry.value!r}, expected package.module or package.module:attribute"
    if group == GROUP and not NAME.fullmatch(entry.name):
        return (
            f"{entry.name!r} is no name of a loss, expected a lower-case letter, then letters, digits and underscores"
        )
    if entry.distribution != BUILTIN and re.match(rf"{BUILTIN}\b", entry.value):
        return "its entry point names a module of losskit, expected one of its own distribution"
    if entry.value.partition(".")[0].partition(":")[0].strip() in sys.stdlib_module_names:
        return f"its entry point names {entry.value}, which is Python's own; the plugin's module needs another name"
    return ""


def forget() -> None:
    """Read the metadata anew at the next question; for tests and for long sessions that install packages."""
    for clear in CACHES:
        clear()


CACHES += [metadata.forget, _installed.cache_clear, _wanted.cache_clear]
