"""The exporter's operator registry, built once a process instead of at every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

_LOCK = RLock()


@contextmanager
def shared_registry() -> Iterator[None]:
    """Within the block the exporter takes its operator registry from a cache: half of an export's time is spent on it.

    The registry is private to the framework. Where it has moved, the block does nothing and exports are only slower.
    """
    registry = _registry_class()
    if registry is None:
        yield
        return
    with _LOCK:
        original = registry.__dict__["from_torchlib"]
        registry.from_torchlib = staticmethod(_cached(original.__get__(None, registry)))
        try:
            yield
        finally:
            registry.from_torchlib = original


@cache
def _cached(build: Callable[..., Any]) -> Callable[..., Any]:
    return cache(build)


def _registry_class() -> Any:
    try:
        from torch.onnx._internal.exporter._registration import ONNXRegistry
    except ImportError:
        return None
    return ONNXRegistry if isinstance(ONNXRegistry.__dict__.get("from_torchlib"), classmethod) else None
