"""What an import leaves behind in an interpreter: settings that belong to everybody, and are changed for everybody."""

from __future__ import annotations

import builtins
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

HEAVY = ("jax", "matplotlib", "numpy", "onnx", "pandas", "scipy", "sklearn", "tensorflow", "torch", "transformers")
_TORCH = {"dtype": "torch.float32", "device": "cpu", "gradients": True, "seed": 67280421310721, "deterministic": False}
_NUMPY = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_UNKNOWN = "unknown"

Snapshot = Mapping[str, Any]


def snapshot() -> Snapshot:
    """The state of this interpreter, as far as it belongs to everybody."""
    return {name: read() for name, (read, _) in _ASPECTS.items()}


def changes(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """What became different, as predicates: ``sets HOME in os.environ``."""
    heavy = any(name in after["modules"] and name not in before["modules"] for name in HEAVY)
    found = [
        say(before[name], after[name])
        for name, (_, say) in _ASPECTS.items()
        if before[name] != after[name] and not (heavy and name == "filters")  # such libraries add filters of their own
    ]
    return tuple(sentence for sentence in found if sentence)


def _names(words: list[str]) -> str:
    return ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _say_path(before: list[str], after: list[str]) -> str:
    added = [str(place) for place in after if place not in before]
    return f"adds {_names(added)} to sys.path" if added else "changes sys.path"


def _modules() -> dict[str, int]:
    return {name: id(module) for name, module in list(sys.modules.items())}


def _say_modules(before: dict[str, int], after: dict[str, int]) -> str:
    replaced = sorted(name for name in before if after.get(name) != before[name])
    heavy = [name for name in HEAVY if name in after and name not in before]
    parts = [f"imports {_names(heavy)}"] if heavy else []
    return "; ".join(parts + ([f"replaces or removes the modules {_names(replaced)}"] if replaced else []))


def _torch() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None:
        return _TORCH
    try:
        return {
            "dtype": str(torch.get_default_dtype()),
            "device": str(torch.get_default_device()),
            "gradients": torch.is_grad_enabled(),
            "seed": torch.initial_seed(),
            "deterministic": torch.are_deterministic_algorithms_enabled(),
        }
    except Exception:  # half imported, or something else of that name
        return _TORCH


def _numpy() -> dict[str, Any]:
    numpy = sys.modules.get("numpy")
    try:
        return dict(numpy.geterr()) if numpy is not None else _NUMPY
    except Exception:  # as above
        return _NUMPY


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return _UNKNOWN


def _threads() -> int:
    return sum(not isinstance(thread, threading.Timer) for thread in threading.enumerate())  # a timer is ours


def _say_threads(before: int, after: int) -> str:
    more = after - before
    return f"leaves {more} {'thread' if more == 1 else 'threads'} running" if more > 0 else ""


def _hooks() -> dict[str, int]:
    kept = {"sys.stdout": sys.stdout, "sys.stderr": sys.stderr, "sys.excepthook": sys.excepthook}
    kept |= {f"the handler of {sign.name}": signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    return {name: id(value) for name, value in kept.items()}


def _builtins() -> dict[str, int]:
    return {name: id(value) for name, value in vars(builtins).items() if name != "_"}


def _filters() -> list[Any]:
    return list(warnings.filters)


_ASPECTS: Mapping[str, tuple[Callable[[], Any], Callable[[Any, Any], str]]] = {
    "modules": (_modules, _say_modules),
    "path": (lambda: list(sys.path), _say_path),
    "environment": (lambda: dict(os.environ), lambda a, b: f"sets {_names(_different(a, b))} in os.environ"),
    "directory": (_working_directory, lambda _, b: f"changes the working directory to {b}"),
    "filters": (_filters, lambda *_: "changes the filters of warnings"),
    "random": (lambda: hash(random.getstate()), lambda *_: "seeds or draws from random"),
    "torch": (_torch, lambda a, b: f"changes torch's {_names(_different(a, b))}"),
    "numpy": (_numpy, lambda *_: "changes numpy.seterr"),
    "locale": (lambda: locale.setlocale(locale.LC_ALL), lambda _, b: f"sets the locale {b}"),
    "hooks": (_hooks, lambda a, b: f"replaces {_names(_different(a, b))}"),
    "builtins": (_builtins, lambda a, b: f"changes the built-in names {_names(_different(a, b))}"),
    "recursion": (sys.getrecursionlimit, lambda _, b: f"sets the recursion limit {b}"),
    "logging": (lambda: len(logging.getLogger().handlers), lambda *_: "configures the root logger"),
    "threads": (_threads, _say_threads),
}
