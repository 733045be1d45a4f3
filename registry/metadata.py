"""Entry points of the installed distributions, read one distribution at a time, so that a damaged one hides no other.

:func:`importlib.metadata.entry_points` ends with an error at the first file it cannot read, and asking each entry for its
distribution parses that distribution's whole description again; with a thousand plugins that is what a listing would wait for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions

FAMILY = "losskit."  # every group of ours begins so
UNKNOWN = "unknown distribution"
_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A line of a group: what is offered, and where it is."""

    name: str
    value: str
    distribution: str
    version: str


@dataclass(frozen=True)
class Damaged:
    """A distribution whose entry points cannot be read."""

    distribution: str
    version: str
    cause: str


def entries(group: str) -> tuple[Entry, ...]:
    """The entries of a group in the order of the path; of a distribution that is there twice, the first."""
    return tuple(
        Entry(name, value, found.name, found.version)
        for found in _installed()
        for section, name, value in _lines(found.text)
        if section == group and value
    )


def damaged() -> tuple[Damaged, ...]:
    """Distributions whose entry points cannot be read, ours or not: other libraries, torch too, end at such a file."""
    found = ((distribution, _damage(distribution)) for distribution in _unique())
    return tuple(Damaged(*_identity(distribution), cause) for distribution, cause in found if cause)


def forget() -> None:
    """Read anew at the next question."""
    _installed.cache_clear()


@dataclass(frozen=True)
class _Found:
    name: str
    version: str
    text: str


@cache
def _installed() -> tuple[_Found, ...]:
    found = []
    for distribution in _unique():
        try:
            text = distribution.read_text("entry_points.txt") or ""
        except (OSError, ValueError):  # not readable, or not in UTF-8
            continue
        if f"[{FAMILY}" in text:
            found.append(_Found(*_identity(distribution), text))
    return tuple(found)


def _damage(distribution: Distribution) -> str:
    try:
        text = distribution.read_text("entry_points.txt") or ""
    except (OSError, ValueError) as error:
        return f"its entry_points.txt cannot be read: {type(error).__name__}: {error}"
    bare = next((f"{name!r}" for section, name, value in _lines(text) if section and not value), "")
    return f"a line of its entry_points.txt is {bare}, expected NAME = MODULE" if bare else ""


def _unique() -> Iterator[Distribution]:
    known: set[str] = set()
    for distribution in distributions():
        name = _key(distribution)
        if not name or name not in known:
            known.add(name)
            yield distribution


def _key(distribution: Distribution) -> str:
    """What importlib.metadata itself tells distributions apart by: taken from the folder, no file is read for it."""
    try:
        return str(getattr(distribution, "_normalized_name", None) or distribution.name or "")
    except Exception:  # metadata without a name
        return ""


def _identity(distribution: Distribution) -> tuple[str, str]:
    """Name and version from the first lines of the metadata; the description after them may be long."""
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except (OSError, ValueError):
        text = ""
    header = dict(reversed(_HEADER.findall(text.replace("\r\n", "\n").partition("\n\n")[0])))
    return header.get("Name") or _key(distribution) or UNKNOWN, header.get("Version", "?")


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, name and value of each line; the value is empty where there is none."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield section, name.strip(), value.strip()
