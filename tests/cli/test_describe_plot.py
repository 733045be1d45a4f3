from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from losskit.cli.plot import SUFFIXES
from losskit.conformance import pictures

from .conftest import Elsewhere

Invoke = Callable[..., Any]


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".PNG", b"\x89PNG")])
def test_the_suffix_says_what_is_written(invoke: Invoke, tmp_path: Path, suffix: str, start: bytes) -> None:
    file = tmp_path / f"focal{suffix}"
    result = invoke("describe", "focal", "--plot", str(file))
    assert result.exit_code == 0
    assert result.stdout == f"{file}\n"
    assert "value and slope along margin" in result.stderr
    assert file.read_bytes().startswith(start)


def test_the_curves_come_as_data(invoke: Invoke, tmp_path: Path) -> None:
    given = ("--param", "margin=2", "--plot", str(tmp_path / "hinge.svg"), "--json")
    found = json.loads(invoke("describe", "hinge", *given).stdout)
    assert found["schema_version"] == 1
    plot = found["plot"]
    assert (plot["loss"], plot["view"], plot["varied"]) == ("hinge", "margin", None)
    (row,) = plot["rows"]
    one, zero = row["lines"]
    x = np.array(one["x"])
    assert [one["label"], zero["label"]] == ["label 1", "label 0"]
    assert one["parameters"] == {"margin": 2.0}
    np.testing.assert_allclose(one["value"], np.maximum(0, 2 - x), atol=1e-12)
    np.testing.assert_allclose(zero["slope"], np.where(x > -2, 1.0, 0.0))
    assert one["kinks"] == pytest.approx([2.0], abs=1e-3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--plot", "a.pdf"), "written as .png or .svg, found 'a.pdf'"),
        (("--plot", "a"), "written as .png or .svg, found 'a'"),
        (("--param", "gamma=1"), "--param belongs to --plot FILE"),
        (("--bibtex", "--plot", "a.svg"), "--bibtex and --plot exclude each other"),
        (("--param", "gama=1", "--plot", "a.svg"), "focal has no parameter 'gama'"),
        (("--param", "gamma=-1", "--plot", "a.svg"), "parameter gamma must be in [0, inf), found -1.0"),
        (("--param", "gamma", "--plot", "a.svg"), "a parameter is given as name=value"),
    ],
)
def test_a_wrong_command_writes_nothing(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("describe", "focal", *given)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_the_command_and_the_library_write_the_same_kinds() -> None:
    assert SUFFIXES == pictures.SUFFIXES


def test_a_folder_is_no_file(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "folder.svg").mkdir()
    result = invoke("describe", "focal", "--plot", str(tmp_path / "folder.svg"))
    assert result.exit_code == 2
    assert "is a folder" in result.stderr


def test_without_matplotlib_it_says_what_to_install(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = invoke("describe", "focal", "--plot", str(tmp_path / "focal.svg"))
    assert result.exit_code == 3
    assert result.stderr.endswith(
        "losskit: a picture needs matplotlib, which is not installed; run: pip install 'losskit[plot]'\n"
    )


def test_a_loss_from_elsewhere_that_cannot_be_drawn_is_refused(foreign: Elsewhere) -> None:
    here = os.pathsep.join([str(foreign.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = foreign.run("describe", "foreign_loss", "--plot", "a.svg", PYTHONPATH=here)
    assert run.returncode == 3
    assert run.stderr.startswith("losskit: ")
    assert "Traceback" not in run.stderr
    assert not (foreign.folder / "a.svg").exists()
