"""Which losses are installed: read from package metadata, without importing any plugin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

GROUP = "losskit.losses"
EXTENSIONS = "losskit.extensions"
BUILTIN = "losskit"
VARIABLE = "LOSSKIT_PLUGINS"
CACHES: list[Callable[[], None]] = []  # emptied by forget()


@dataclass(frozen=True)
class Provider:
    """A distribution that offers a loss under a name."""

    name: str
    module: str
    distribution: str
    version: str

    @property
    def builtin(self) -> bool:
        """Whether losskit itself provides the loss."""
        return self.distribution == BUILTIN

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.module})"


def selection() -> str:
    """Which plugins are wanted: ``all``, or a comma-separated list of distributions, ``builtin`` for losskit's own."""
    return os.environ.get(VARIABLE, "all").strip() or "all"


def providers(group: str = GROUP) -> dict[str, tuple[Provider, ...]]:
    """All providers by the name of the loss; more than one for a name is a collision."""
    return _wanted(selection(), group)


def own(group: str) -> tuple[Provider, ...]:
    """The entries of losskit itself, which no selection takes away."""
    return tuple(provider for provider in _installed(group) if provider.builtin)


def builtin() -> tuple[str, ...]:
    """Names of the losses that losskit itself provides, sorted."""
    return tuple(name for name, offered in providers().items() if any(provider.builtin for provider in offered))


@cache
def _wanted(choice: str, group: str) -> dict[str, tuple[Provider, ...]]:
    found: dict[str, list[Provider]] = {}
    for provider in _installed(group):
        if _is_wanted(provider, choice):
            found.setdefault(provider.name, []).append(provider)
    return {name: tuple(found[name]) for name in sorted(found)}


def _is_wanted(provider: Provider, choice: str) -> bool:
    words = [word.strip() for word in choice.split(",")]
    return "all" in words or ("builtin" in words and provider.builtin) or provider.distribution in words


@cache
def _installed(group: str) -> tuple[Provider, ...]:
    return tuple(_unique(_provider(point) for point in entry_points(group=group)))


def _provider(point: EntryPoint) -> Provider:
    distribution = point.dist
    name = distribution.name if distribution is not None else "unknown distribution"
    version = distribution.version if distribution is not None else "?"
    return Provider(name=point.name, module=point.value, distribution=name, version=version)


def _unique(found: Iterable[Provider]) -> list[Provider]:
    # an editable install beside its own source tree shows the same entry twice
    return list(dict.fromkeys(found))


def forget() -> None:
    """Read the metadata anew at the next question; for tests and for long sessions that install packages."""
    for clear in CACHES:
        clear()


CACHES += [_installed.cache_clear, _wanted.cache_clear]
