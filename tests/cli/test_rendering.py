"""A page as plain text for pipes and styled for terminals."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

import losskit
from losskit.cli import plain, styled
from losskit.cli.page import Block, Code, Grid, Heading, Paragraph
from losskit.cli.sheet import sheet

from .conftest import PROGRAM, Elsewhere

PAGE: list[Block] = [
    Heading("Claims"),
    Grid(("name", "cases"), (("a name that is long", "7"), ("short", "1,234")), right=frozenset({"cases"})),
    Grid(("nothing",), ()),
    Paragraph("Words  in\n  a row."),
    Code("if x:\n    y = [0, inf)"),
]


def test_plain_text_is_aligned() -> None:
    assert plain.render(PAGE) == (
        "Claims\n"
        "NAME                 CASES\n"
        "a name that is long      7\n"
        "short                1,234\n"
        "\n"
        "Words in a row.\n"
        "\n"
        "    if x:\n"
        "        y = [0, inf)\n"
    )


def shown(width: int) -> str:
    console = Console(width=width, file=StringIO(), force_terminal=True, highlight=False, markup=False)
    styled.show(sheet(losskit.get("comp_sum")), console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_terminal_of_any_width_loses_nothing(width: int) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown(width))
    assert "…" not in text
    for word in ("Formula", "Worked example", "[0,", "inf)", "tau"):
        assert word in text


def test_a_terminal_gets_colour_unless_it_declines(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert colour.search(shown(80))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(shown(80))


@pytest.mark.parametrize(
    "command", [("list",), ("list", "--holds", "Convex"), ("describe", "comp_sum"), ("doctor",), ("list", "--json")]
)
def test_a_narrow_pipe_gets_whole_lines_without_colour_or_boxes(elsewhere: Elsewhere, command: tuple[str, ...]) -> None:
    wide = elsewhere.run(*command, COLUMNS="300", FORCE_COLOR="", TERM="xterm-256color")
    narrow = elsewhere.run(*command, COLUMNS="40", TERM="xterm-256color")
    one, other = (re.sub(r"\d+\.\d+ s", "... s", run.stdout) for run in (narrow, wide))  # seconds of imports
    assert one == other
    assert not re.search(r"[\x1b\u2026\u2500-\u257f]", narrow.stdout)
    assert not any(line != line.rstrip() for line in narrow.stdout.splitlines())


def test_a_real_terminal_of_forty_columns(elsewhere: Elsewhere) -> None:
    ours, theirs = pty.openpty()
    given = {**os.environ, "COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm-256color"}
    command = [sys.executable, "-c", PROGRAM, "list", "--task", "classification"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=given, cwd=elsewhere.folder) as process:
        os.close(theirs)
        text = ""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the terminal is closed with its last writer
                break
            if not part:
                break
            text += part.decode()
    os.close(ours)
    assert process.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 40
    assert "…" not in text
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)
