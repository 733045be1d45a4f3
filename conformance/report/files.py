"""Writing a report so that nobody ever reads half of one."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write UTF-8 text as :func:`write_bytes` writes a file.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside ``path`` and rename it; missing folders are made.

    What is no file of its own, such as a pipe, ``/dev/null`` or a link, stays what it is and is written into.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _replaceable(path):
        path.write_bytes(content)
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp hides its files from everybody else
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _replaceable(path: Path) -> bool:
    """Whether nothing is there yet, or a regular file; a link is none, for ``/dev/stdout`` leads to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
