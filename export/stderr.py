"""What native libraries write to the error stream, caught where Python's own redirection does not reach."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_STREAM = 2
_LOCK = RLock()  # the descriptor belongs to the whole process


@contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Catch everything written to file descriptor 2; the yielded list holds its lines once the block is left."""
    lines: list[str] = []
    with _LOCK, tempfile.TemporaryFile() as caught:
        if sys.stderr is not None:
            sys.stderr.flush()
        saved = os.dup(_STREAM)
        try:
            os.dup2(caught.fileno(), _STREAM)
            yield lines
        finally:
            os.dup2(saved, _STREAM)
            os.close(saved)
            caught.seek(0)
            lines.extend(caught.read().decode(errors="replace").splitlines())
