"""A program in another process that answers one line for each line it is sent."""

from __future__ import annotations

import atexit
import contextlib
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from typing import IO

from losskit.spec.errors import ExportError

PATIENCE = 120.0  # seconds for one answer: a browser that starts on a busy machine takes tens of them
_LAST_WORDS = 2000


class Child:
    """A process that is asked line by line; it ends with this one.

    Args:
        name: of the program, for messages.
        command: what to start.
        patience: seconds to wait for an answer before the process is killed.

    Raises:
        ExportError: it cannot be started.
    """

    def __init__(self, name: str, command: Sequence[str], patience: float = PATIENCE) -> None:
        self._name, self._patience = name, patience
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, encoding="utf-8"
            )
        except OSError as error:
            raise ExportError(f"{name} cannot be started: {error}") from error
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert self._process.stdout is not None
        threading.Thread(target=_collect, args=(self._process.stdout, self._lines), daemon=True).start()
        atexit.register(self.close)

    def ask(self, line: str) -> str:
        """Send one line, get one back.

        Raises:
            ExportError: the process ended or did not answer in time; it is gone then.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # an ended process says why below
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        try:
            answer = self._lines.get(timeout=self._patience)
        except queue.Empty:
            self.close()
            raise ExportError(f"{self._name} did not answer within {self._patience:g} s") from None
        if answer is None:
            status = self._process.wait()
            words = self._last_words()
            self.close()
            raise ExportError(f"{self._name} ended with status {status}{': ' + words if words else ''}")
        return answer.rstrip("\n")

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        atexit.unregister(self.close)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        """The last line the process wrote to its standard error."""
        self._errors.seek(max(0, self._errors.seek(0, 2) - _LAST_WORDS))
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _collect(pipe: IO[str], lines: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # the pipe is closed while this thread waits on it
        for line in pipe:
            lines.put(line)
    lines.put(None)
