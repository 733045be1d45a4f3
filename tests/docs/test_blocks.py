"""Every fenced block of the documentation is run as a reader would run it, page by page from top to bottom."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.docs.blocks import PAGES, ROOT, Block, blocks, hidden
from tests.docs.exceptions import INSTEAD, PROGRAMS, WALKED
from tests.docs.outputs import alike
from tests.docs.reader import PARSERS, Reader

from losskit.export.runtimes.table import select

ALL = {page: blocks(page) for page in PAGES}
COMMANDS = {c.line for found in ALL.values() for b in found if b.language == "console" for c in b.commands()}


def elsewhere(block: Block) -> str | None:
    """The test that runs a program instead of this one."""
    if block.page in WALKED:
        return WALKED[block.page]
    places = (block.source, block.page) if block.language in ("python", "text") else ()
    return next((test for start, test in PROGRAMS.items() for place in places if place.startswith(start)), None)


def to_run(page: str) -> list[Block]:
    return [block for block in ALL[page] if elsewhere(block) is None]


def marked(page: str) -> object:
    slow = any(block.language == "console" for block in to_run(page))
    return pytest.param(page, marks=pytest.mark.slow) if slow else page


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("page", [marked(page) for page in PAGES if to_run(page)])
def test_a_page_runs_from_its_first_block_to_its_last(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = select(["node"])[0].advice()
    if advice and not os.environ.get("CI") and any("\n$ node " in f"\n{block.text}" for block in to_run(page)):
        pytest.skip(f"runtime node: {advice}")
    reader = Reader(tmp_path)
    before = set(sys.modules)
    monkeypatch.chdir(reader.place)
    monkeypatch.syspath_prepend(str(reader.place))  # as where Python is started there
    for block in to_run(page):
        reader.follow(block)
    for name in set(sys.modules) - before:  # the files of one page are not those of the next
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("command", sorted(INSTEAD))
def test_an_exception_is_one_for_a_command_that_is_shown(command: str) -> None:
    assert command in COMMANDS, f"no page shows {command!r} any more: take it out of tests/docs/exceptions.py"
    assert INSTEAD[command].reason


@pytest.mark.parametrize("start", sorted(PROGRAMS))
def test_programs_that_another_test_runs_are_shown_and_run(start: str) -> None:
    shown = [block for found in ALL.values() for block in found if elsewhere(block) == PROGRAMS[start]]
    assert shown, f"no page shows {start} any more"
    test = (ROOT / PROGRAMS[start]).read_text(encoding="utf-8")
    if not start.endswith(".md"):
        assert [block.source for block in shown if f'"{Path(block.source).stem}"' not in test] == []
        return
    from examples.foreign.defects import PML, TORCH  # what that test runs, and compares with the page

    run = {one.code.strip() for one in (*TORCH, *PML)}
    assert [str(block) for block in shown if block.language == "python" and block.text.strip() not in run] == []


@pytest.mark.parametrize("page", sorted(WALKED))
def test_a_page_that_another_test_follows_is_read_by_it(page: str) -> None:
    assert f'"{page}"' in (ROOT / WALKED[page]).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_hidden_by_its_indentation(page: str) -> None:
    assert hidden(page) == []


def test_every_block_is_of_a_language_that_is_run_or_read() -> None:
    known = {"python", "pycon", "console", "text", *PARSERS}
    assert [str(b) for found in ALL.values() for b in found if b.language not in known and not b.title] == []


def test_an_output_agrees_but_for_what_varies() -> None:
    assert alike("NAME  TIME\nmse   1.2 s\n", "NAME    TIME\nmse    14.25 s")
    assert not alike("NAME  CASES\nmse   12\n", "NAME  CASES\nmse   13\n")
    assert not alike("one\n", "one\ntwo\n")
    assert alike("one\n...\nfour\n", "one\ntwo\nthree\nfour\nfive\n")
    assert not alike("two\none\n...\n", "one\ntwo\n")
    assert alike(f"model.onnx 12,000 {'a' * 64}", f"model.onnx 9 {'b' * 64}")
