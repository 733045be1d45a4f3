"""Trying out plugins in a process of their own, which may crash or hang without harm to the one that asks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from subprocess import PIPE, Popen
from threading import Thread, Timer
from typing import IO, Any, cast

from losskit.registry.discovery import GROUP, Provider
from losskit.registry.isolation import SLOW, noted, printable

LIMIT = 30.0  # seconds a plugin may take to be imported
START = 60.0  # seconds that Python and losskit itself may take on a busy machine
GRACE = 10.0  # seconds by which a process that does not end itself in time is overdue
PATIENCE = 5.0  # seconds until it is said what is waited for
KEPT = 1 << 14  # bytes of what a process that has died said last
# The path comes first: the parent may find losses where a fresh interpreter would not look.
PROGRAM = """\
import json, sys
task = json.load(sys.stdin)
sys.path[:] = task["path"]
from losskit.registry.trial_process import serve
serve(task)
"""
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in ', re.MULTILINE)


@dataclass(frozen=True)
class Trial:
    """What came of importing one plugin.

    Attributes:
        provider: of the plugin.
        cause: why the plugin cannot be used; empty if it can.
        where: file and line of the plugin that this comes from, where that is known.
        missing: the module that was not found, where that is the cause.
        seconds: the import took, without that of losskit itself; None where it did not end.
        traces: what else the import did: ``prints 12 bytes``, ``seeds or draws from random``.
        expired: whether it took longer than it may.
    """

    provider: Provider
    cause: str = ""
    where: str = ""
    missing: str = ""
    seconds: float | None = None
    traces: tuple[str, ...] = ()
    expired: bool = False

    @property
    def slow(self) -> bool:
        """Whether users wonder what they wait for."""
        return self.seconds is not None and self.seconds > SLOW


def trials(
    providers: Sequence[Provider],
    *,
    group: str = GROUP,
    limit: float = LIMIT,
    told: Callable[[Trial], None] = lambda _: None,
) -> tuple[Trial, ...]:
    """Import plugins in a process beside this one, one after the other.

    A plugin that ends the process, or takes longer than it may, is that plugin's trial; a new process goes on with the next.

    Args:
        providers: whose plugins.
        group: of their entry points.
        limit: seconds each may take.
        told: called with each trial as it ends.
    """
    found: list[Trial] = []
    while len(found) < len(providers):
        for trial in _trials(providers[len(found) :], group, limit):
            found.append(trial)
            told(trial)
    return tuple(found)


def _trials(providers: Sequence[Provider], group: str, limit: float) -> Iterator[Trial]:
    """Trials until the process ends, the last one being of what ended it; at least one."""
    process = _start(providers, group, limit)
    last = bytearray()
    listener = Thread(target=_listen, args=(cast(IO[bytes], process.stderr), last), daemon=True)
    listener.start()
    answered, started = 0, False
    try:
        started = _answer(process, START) is not None
        for provider in providers if started else ():
            with noted(f"the plugin of {provider.name} from {provider} is being imported", PATIENCE):
                answer = _answer(process, limit + GRACE)
            if answer is None:
                break
            answered += 1
            yield Trial(provider, **{**answer, "traces": tuple(answer["traces"])})
    finally:
        kill(process)
        status = process.wait()
        listener.join(1)
        for pipe in (process.stdout, process.stderr):
            with suppress(OSError):
                cast(IO[bytes], pipe).close()
    said = last.decode(errors="replace")
    if not started:
        reason = printable(said.strip().rpartition("\n")[2]) or f"exit status {status}"
        yield from (Trial(provider, f"no process could be started to try it: {reason}") for provider in providers)
    elif answered < len(providers):
        yield _death(providers[answered], status, said, limit)


def _start(providers: Sequence[Provider], group: str, limit: float) -> Popen[bytes]:
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing has them
    process = Popen(
        [sys.executable, *flags, "-P", "-c", PROGRAM],
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,  # an interrupt from the terminal is for the command, not for its processes
    )
    path = [os.path.abspath(place) for place in sys.path]
    task = {"path": path, "group": group, "limit": limit, "providers": [asdict(provider) for provider in providers]}
    with suppress(OSError), cast(IO[bytes], process.stdin) as questions:
        questions.write(json.dumps(task).encode())
    return process


def _listen(source: IO[bytes], last: bytearray) -> None:
    with suppress(OSError, ValueError):
        while part := os.read(source.fileno(), 1 << 12):
            last[:] = (last + part)[-KEPT:]


def _answer(process: Popen[bytes], limit: float) -> dict[str, Any] | None:
    """The next answer; None where the process has died, or is killed for being silent too long."""
    timer = Timer(limit, kill, (process,))
    timer.start()
    try:
        found: dict[str, Any] = json.loads(cast(IO[bytes], process.stdout).readline())
    except ValueError:  # half a line, or nothing
        return None
    finally:
        timer.cancel()
    return found


def kill(process: Popen[bytes]) -> None:
    """End a process and what it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _death(provider: Provider, status: int, said: str, limit: float) -> Trial:
    expired = "Timeout (" in said
    block = next((part for part in said.split("\n\n") if " in plugin_at\n" in part), said)
    frames = [
        f"{frame['file']}:{frame['line']}" for frame in _FRAME.finditer(block) if not _is_of_python(frame["file"])
    ]
    where = frames[0] if frames else ""
    if expired:
        return Trial(provider, f"its import takes longer than {limit:g} s", where, expired=True)
    return Trial(provider, _sentence(status, said), where)


def _is_of_python(file: str) -> bool:
    return file.startswith("<") or (file.startswith(os.path.dirname(os.__file__)) and "-packages" not in file)


def _sentence(status: int, said: str) -> str:
    fatal = next((line for line in said.splitlines() if line.startswith("Fatal Python error: ")), "")
    if status >= 0 and not fatal:
        return f"its import ends the process with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"status {status}"
    told = printable(fatal.removeprefix("Fatal Python error: "))
    memory = "killed, as the system does where memory runs out" if -status == getattr(signal, "SIGKILL", None) else ""
    return f"its import crashes the process ({', '.join(part for part in (name, told, memory) if part)})"
