"""The far side of a trial: a process that imports plugins one after the other, and says of each what came of it."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from time import perf_counter
from traceback import walk_tb
from typing import IO, Any

from losskit.registry import traces
from losskit.registry.discovery import GROUP, Provider
from losskit.registry.extensions import ask
from losskit.registry.isolation import printable
from losskit.registry.loading import load
from losskit.spec.errors import PluginError

SHOWN = 80  # bytes of what a plugin prints


def serve(task: dict[str, Any]) -> None:
    """Answer for each provider in turn with a line of JSON on what was standard output; then end, whatever else runs.

    What a plugin prints is counted, and what it reads is empty.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    faulthandler.enable(sys.__stderr__ or 2)  # a segmentation fault says where
    with suppress(OSError):  # where memory runs out, Linux is to stop this process and no other
        Path("/proc/self/oom_score_adj").write_text("1000")
    mine = os.getpid()
    _say(answers, {})  # ready
    for provider in task["providers"]:
        faulthandler.dump_traceback_later(task["limit"], exit=True, file=sys.__stderr__ or 2)
        answer = _try(Provider(**provider), load if task["group"] == GROUP else ask, nothing)
        faulthandler.cancel_dump_traceback_later()
        if os.getpid() != mine:  # a plugin that forks goes on here twice
            os._exit(0)
        _say(answers, answer)
    os._exit(0)  # threads and exit handlers of plugins are not waited for


def _say(answers: IO[str], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _try(provider: Provider, call: Callable[[Provider], object], nothing: int) -> dict[str, Any]:
    path = list(sys.path)
    cause = where = missing = ""
    with _counted(nothing) as printed:
        before, started = traces.snapshot(), perf_counter()
        try:
            call(provider)
        except PluginError as error:
            cause, where, missing = (
                _short(provider, error),
                _where(provider, error.__cause__),
                _missing(error.__cause__),
            )
        seconds = perf_counter() - started
        after = traces.snapshot()
    found = list(traces.changes(before, after))
    sys.path[:] = path  # nothing but the path is put back: it decides where the next plugin is found
    if printed.size:
        found.append(f"prints {printed.size:,} bytes: {printable(printed.head.decode(errors='replace'))!r}")
    return {"cause": cause, "where": where, "missing": missing, "seconds": seconds, "traces": found}


def _short(provider: Provider, error: PluginError) -> str:
    """The cause without whose it is: that is told beside it."""
    told = str(error).removeprefix(f"the plugin of {provider.name} from {provider} ")
    return told.removeprefix("fails: ").removeprefix("cannot be imported: ")


def _where(provider: Provider, error: BaseException | None) -> str:
    """The line of the plugin that raised, and not one of a library that it has called."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    module = provider.module.partition(":")[0]
    package = module if provider.builtin else module.partition(".")[0]
    found = ""
    for frame, line in walk_tb(error.__traceback__ if error else None):
        name = str(frame.f_globals.get("__name__", ""))
        if name == package or name.startswith(f"{package}."):
            found = f"{frame.f_code.co_filename}:{line}"
    return found


def _missing(error: BaseException | None) -> str:
    return error.name or "" if isinstance(error, ModuleNotFoundError) else ""


class _Printed:
    def __init__(self) -> None:
        self.size, self.head = 0, b""

    def drain(self, source: IO[bytes]) -> None:
        while part := source.read1(1 << 16):  # type: ignore[attr-defined]
            self.size += len(part)
            self.head = (self.head + part)[:SHOWN]


@contextmanager
def _counted(nothing: int) -> Iterator[_Printed]:
    """Count what is written to standard output, by Python or past it."""
    printed, stdout = _Printed(), sys.stdout
    reading, writing = os.pipe()
    os.dup2(writing, 1)
    os.close(writing)
    thread = Thread(target=printed.drain, args=(os.fdopen(reading, "rb"),), daemon=True)
    thread.start()
    try:
        yield printed
    finally:
        with suppress(Exception):  # it may be closed, or something else by now
            stdout.flush()
        sys.stdout = stdout
        os.dup2(nothing, 1)
        thread.join(1)  # a program that the plugin has left running may hold the other end
