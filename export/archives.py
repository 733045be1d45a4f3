"""Zip archives of torch without what ties them to a machine: entries that only help debugging, times, order of bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ALIGNMENT = 64  # torch maps tensors straight from the file
_PADDING = b"FB"
_LOCAL_HEADER = 30


def rewrite(content: bytes, keep: Callable[[str], bool]) -> bytes:
    """The same archive with the entries to keep, uncompressed, aligned and with one fixed date.

    Args:
        content: a zip archive.
        keep: whether to keep the entry of a name.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            if keep(name):
                target.writestr(_entry(name, written.tell()), source.read(name))
    return written.getvalue()


def _entry(name: str, offset: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    start = offset + _LOCAL_HEADER + len(name.encode()) + 4
    gap = -start % _ALIGNMENT
    entry.extra = _PADDING + struct.pack("<H", gap) + b"\0" * gap
    return entry
