"""Code of plugins is called here: whatever it does is an error in one sentence, and a slow import is said to be one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import reduce
from importlib import import_module
from time import perf_counter
from typing import Any, TypeVar

from pydantic import ValidationError

from losskit.spec.errors import PluginError

SLOW = 2.0  # seconds of an import that a user wonders about
LONGEST = 300  # characters of a cause
T = TypeVar("T")


def guarded(what: str, call: Callable[[], T], *, verb: str = "fails", patience: float | None = SLOW) -> T:
    """Call code of a plugin.

    Args:
        what: whose code it is, to begin a sentence: ``the plugin of my_loss from my-losses 1.0 (my_losses)``.
        call: imports a module, calls a hook or looks at what a hook has returned.
        verb: what it did if it raises.
        patience: seconds after which it is said that this takes long; None for what takes no time, and for
            losskit's own, which only a busy machine makes slow.

    Returns:
        What the call returns.

    Raises:
        PluginError: the call raised something, be it ``SystemExit`` or a ``KeyboardInterrupt`` that nobody typed; the
            cause is chained.
        KeyboardInterrupt: somebody did press the keys.
    """
    with _keyboard() as pressed, _patience(what, patience) if patience is not None else nullcontext():
        try:
            return call()
        except PluginError:  # a sentence about the plugin already
            raise
        except BaseException as error:  # a plugin may fail in any way; none of them is ours to die of
            if isinstance(error, KeyboardInterrupt) and pressed:
                raise
            raise PluginError(f"{what} {verb}: {type(error).__name__}: {first_line(error)}") from error


def plugin_at(place: str) -> Any:
    """Import what an entry point names: ``package.module``, or an object in it, ``package.module:attribute``."""
    module, _, path = place.partition(":")
    return reduce(getattr, filter(None, path.split(".")), import_module(module))


def first_line(error: BaseException) -> str:
    """The first line of an error's message, without anything a terminal would obey."""
    if isinstance(error, ValidationError):  # pydantic's own first line only counts the errors
        first = error.errors()[0]
        return printable(f"{error.title} {'.'.join(map(str, first['loc']))}: {first['msg']}")
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # an error of a plugin may fail to say what it is
        lines = []
    return printable(lines[0]) if lines else "no message"


def printable(text: str) -> str:
    """A text in one line of bearable length, control characters replaced."""
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


@contextmanager
def _keyboard() -> Iterator[list[int]]:
    """Filled once somebody interrupts; signals reach the main thread only."""
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return
    passed_on = before

    def handler(number: int, frame: Any) -> Any:
        pressed.append(number)
        return passed_on(number, frame)

    signal.signal(signal.SIGINT, handler)
    try:
        yield pressed
    finally:
        if signal.getsignal(signal.SIGINT) is handler:
            signal.signal(signal.SIGINT, before)


@contextmanager
def noted(sentence: str, limit: float) -> Iterator[None]:
    """Say on the log, and so on stderr, what is waited for, if it takes longer than a limit in seconds."""
    timer = threading.Timer(limit, _note, (sentence,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _patience(what: str, limit: float) -> Iterator[None]:
    """Say what is waited for, and afterwards how long it took."""
    started = perf_counter()
    with noted(f"{what} is still being imported", limit):
        yield
    seconds = perf_counter() - started
    if seconds > limit:
        _note(f"{what} took {seconds:.1f} s to import")


def _note(sentence: str) -> None:
    import logging  # not needed by anybody who does not wait

    logging.getLogger("losskit").warning("losskit: %s", sentence)
