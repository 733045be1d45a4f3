"""Public names that are imported when they are first asked for: a command that lists losses needs no spec models."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(module: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's ``__getattr__``.

    Args:
        module: the module whose names they are.
        places: for each name the module that defines it; nothing where the name is a submodule.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the module's
        if name not in places:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        found = import_module(places[name] or f"{module}.{name}")
        value = getattr(found, name) if places[name] else found
        setattr(sys.modules[module], name, value)
        return value

    return __getattr__
