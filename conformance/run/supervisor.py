"""The near side of a worker process: one claim at a time under a time limit; whatever kills the worker is a finding."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Lock, Thread, Timer
from time import perf_counter
from typing import IO, Any, cast

from losskit.conformance.report import Finding
from losskit.conformance.run.task import Task
from losskit.registry import VARIABLE, selection

START = 300.0  # seconds until a worker has imported torch; longer means that the machine is stuck
GRACE = 10.0  # seconds that an idle worker may take to end
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# The path comes first: the parent may find losses where a fresh interpreter would not look.
PROGRAM = """\
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from losskit.conformance.run.worker import serve
serve()
"""


class Worker:
    """A process that attacks claims; it is started when it is needed and again when it has died.

    It is a plain subprocess and not one of multiprocessing: those import the caller's ``__main__``, which a script
    without a guard does not survive, and the daemonic processes of clusters may not start them.

    Args:
        path: where the worker finds modules beside the path of this process.
        plugins: the selection of plugins that holds for it; that of this process if left out.
    """

    def __init__(self, path: Sequence[str] = (), plugins: str | None = None) -> None:
        self._path = path
        self._plugins = plugins or selection()
        self._process: Popen[bytes] | None = None
        self._expired = False
        self._closed = False
        self._lock = Lock()  # killing must not fall between the start of a process and its being known

    def attack(self, task: Task, limit: float) -> Finding:
        """Attack one claim.

        Args:
            task: the claim.
            limit: seconds after which the worker is killed.

        Returns:
            What the worker found, or an ``error`` that says what became of the worker.
        """
        started = perf_counter()
        try:
            payload = pickle.dumps(task)
        except Exception as error:  # a spec may hold what cannot leave this process
            return task.failed(f"the claim cannot be sent to a worker process ({type(error).__name__}: {error})")
        if self._process is None:
            reason = self._start()
            if reason:
                return task.failed(reason, perf_counter() - started)
        started = perf_counter()
        answer = self._ask(payload, limit)
        if isinstance(answer, Finding):
            if answer.outcome == "error" and task.device != "cpu":
                self.close()  # after some errors an accelerator answers nothing else; a new process costs seconds
            return answer
        return task.failed(answer, perf_counter() - started)

    def close(self) -> None:
        """Let an idle worker end."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(GRACE)
        except TimeoutExpired:
            _kill(process)
            process.wait()

    def kill(self) -> None:
        """End the worker at once, whatever it does, and start no other; may be called from another thread."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _kill(self._process)

    def _start(self) -> str:
        """Start the process; why it is not ready, or nothing."""
        with self._lock:
            if self._closed:
                return "the run was stopped"
            self._process = Popen(
                [sys.executable, "-c", PROGRAM],
                stdin=PIPE,
                stdout=PIPE,
                env={**dict.fromkeys(THREADS, "1"), **os.environ, VARIABLE: self._plugins},
                start_new_session=True,  # an interrupt from the terminal is for the run, not for its workers
            )
        Thread(target=_bury, args=(self._process,), daemon=True).start()
        answer = self._ask(list(dict.fromkeys([*modules_path(), *self._path])), START)
        return f"no worker process could be started: {answer}" if answer != "ready" else ""

    def _ask(self, question: Any, limit: float) -> Any:
        """The answer of the worker, or a sentence on what became of it."""
        process = cast(Popen[bytes], self._process)
        questions, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        self._expired = False
        timer = Timer(limit, self._expire, (process,))
        timer.start()
        answer: Any = None
        try:
            pickle.dump(question, questions)
            questions.flush()
            answer = pickle.load(answers)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            _kill(process)  # half an answer is as good as none
        finally:
            timer.cancel()
            timer.join()
        if answer is None or self._expired:
            status = process.wait()
            self._process = None
            return answer or (_expiry(limit) if self._expired else _death(status))
        return answer

    def _expire(self, process: Popen[bytes]) -> None:
        self._expired = True
        _kill(process)


def _bury(process: Popen[bytes]) -> None:
    """Wait for the end of a worker, then end what it has started: such processes would hold its pipes open."""
    process.wait()
    _kill(process)


def _kill(process: Popen[bytes]) -> None:
    """End a worker and what it has started; the group of a session's first process bears its number."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _expiry(limit: float) -> str:
    return f"it took more than {limit:g} s and was stopped; --timeout gives it longer"


def _death(status: int) -> str:
    if status >= 0:
        return f"its worker process ended with exit status {status}"
    try:
        name = f" ({signal.Signals(-status).name})"
    except ValueError:
        name = ""
    memory = ", as the system does where memory runs out" if -status == getattr(signal, "SIGKILL", None) else ""
    return f"its worker process was killed by signal {-status}{name}{memory}"


def modules_path() -> tuple[str, ...]:
    """Where this process finds modules, in words that mean the same elsewhere on this machine."""
    return tuple(os.path.abspath(place) for place in sys.path)
