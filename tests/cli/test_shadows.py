"""Files that hide libraries are found, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import pytest

from losskit.cli.shadows import Shadow, hiding, impostor, place


def test_libraries_are_where_they_are_installed() -> None:
    assert place("numpy") == str(Path(numpy.__file__).parent)
    assert place("losskit_nowhere") == ""
    assert impostor("numpy") == ""
    assert impostor("losskit_nowhere") == ""


def test_another_module_of_the_name_is_an_impostor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "numpy")
    assert impostor("numpy") == str(tmp_path / "numpy.py")


def test_files_on_the_path_and_here_hide_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, here = tmp_path / "ahead", tmp_path / "here"
    for folder in (ahead, here, here / "losskit", here / "data", here / "numpy"):
        folder.mkdir()
    for file in (
        ahead / "random.py",
        ahead / "sys.py",
        ahead / "mine.py",
        here / "queue.py",
        here / "losskit" / "__init__.py",
    ):
        file.write_text("")
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", [str(ahead), *(folder for folder in sys.path if folder)])
    found = [shadow for shadow in hiding(("losskit", "numpy")) if str(tmp_path) in shadow.file]
    assert found == [
        Shadow("random", str(ahead / "random.py"), True),
        Shadow("queue", str(here / "queue.py"), False),
        Shadow("losskit", str(here / "losskit"), False),
    ]
