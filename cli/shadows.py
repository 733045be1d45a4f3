"""Files that are imported in place of the libraries that bear their names."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import util
from importlib.metadata import PackageNotFoundError, distribution
from itertools import takewhile
from pathlib import Path


@dataclass(frozen=True)
class Shadow:
    """A file or folder that hides a module; from every program of this path, or from those started in its folder."""

    module: str
    file: str
    on_path: bool


def place(module: str) -> str:
    """The file or folder a module comes from; empty where there is none."""
    try:
        spec = util.find_spec(module)
    except (ImportError, ValueError):
        return ""
    if spec is None:
        return ""
    places = list(spec.submodule_search_locations or ())
    return places[0] if places else spec.origin or ""


def impostor(module: str) -> str:
    """What is imported in place of an installed distribution's module of the same name; empty if that one itself is."""
    found = place(module)
    try:
        own = Path(str(distribution(module).locate_file(module)))
    except PackageNotFoundError:
        return ""
    if not found or not own.is_dir() or os.path.realpath(found) == os.path.realpath(own):
        return ""  # an editable installation has its files elsewhere, and no copy to compare with
    return found


def hiding(libraries: Iterable[str]) -> Iterator[Shadow]:
    """Modules of Python, and libraries, that a file hides: on the path already, or once Python is started here.

    Args:
        libraries: to look for beside Python's own modules.
    """
    own = sys.stdlib_module_names - set(sys.builtin_module_names)
    stdlib = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    here = os.path.realpath(os.getcwd())
    first = list(takewhile(lambda folder: folder not in stdlib, map(os.path.realpath, sys.path)))
    for folder in dict.fromkeys(first):
        yield from (Shadow(name, file, True) for name, file in _called(folder, own))
    if here not in {*first, *stdlib}:
        yield from (Shadow(name, file, False) for name, file in _called(here, own))
    if here not in map(os.path.realpath, sys.path):
        yield from (Shadow(name, file, False) for name, file in _called(here, libraries))


def _called(folder: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            there = {entry.name for entry in entries}
    except OSError:
        return
    for name in sorted(names):
        if f"{name}.py" in there:
            yield name, os.path.join(folder, f"{name}.py")
        elif name in there and os.path.isfile(os.path.join(folder, name, "__init__.py")):
            yield name, os.path.join(folder, name)
