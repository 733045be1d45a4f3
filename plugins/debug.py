"""The strict mode: value checks on every device, and an error where there is nothing to average; and its opposite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_STRICT: ContextVar[bool] = ContextVar("losskit_debug", default=False)
_UNREAD: ContextVar[bool] = ContextVar("losskit_unread", default=False)


@contextmanager
def debug(enabled: bool = True) -> Iterator[None]:
    """Check values on accelerators too, and raise where a batch holds nothing to average.

    Value checks read the tensors and so wait for the accelerator; leave this off in training loops.
    """
    token = _STRICT.set(enabled)
    try:
        yield
    finally:
        _STRICT.reset(token)


def is_debug() -> bool:
    """Whether the strict mode is on in this context."""
    return _STRICT.get()


@contextmanager
def unread() -> Iterator[None]:
    """Let losses go the way that they go on an accelerator, where they read no values: on the CPU, and with meta tensors."""
    token = _UNREAD.set(True)
    try:
        yield
    finally:
        _UNREAD.reset(token)


def is_unread() -> bool:
    """Whether values are left unread in this context, wherever they lie."""
    return _UNREAD.get()
