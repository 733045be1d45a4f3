"""Files that reports are written to: whole or not at all, and special ones left in their place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from losskit.conformance.report import write


def test_a_file_is_replaced_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "made" / "report.xml"
    for text in ("first", "second"):
        write(place, text)
        assert place.read_text() == text
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_stays_a_pipe_and_is_written_into(tmp_path: Path) -> None:
    place = tmp_path / "pipe"
    os.mkfifo(place)
    reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(place, "through the pipe")
        assert os.read(reader, 100) == b"through the pipe"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(place.lstat().st_mode)


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    place, file = tmp_path / "link", tmp_path / "file"
    place.symlink_to(file)
    for text in ("a longer first", "second"):
        write(place, text)
        assert file.read_text() == text
    assert place.is_symlink()
