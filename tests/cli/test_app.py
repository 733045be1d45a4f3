"""What holds for every command."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

import losskit
from losskit.cli.examples import EXAMPLES
from losskit.cli.extension import COMMANDS

from .conftest import Elsewhere

Invoke = Callable[..., Any]


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_its_examples(invoke: Invoke, command: str, flag: str) -> None:
    result = invoke(command, flag)
    assert result.exit_code == 0
    for line in EXAMPLES[command]:
        assert f"    {line}\n" in result.stdout


def test_the_program_names_every_command_and_an_example(invoke: Invoke) -> None:
    shown = invoke("-h").stdout
    for command in COMMANDS:
        assert f"  {command} " in shown
    assert f"    {EXAMPLES['losskit'][0]}\n" in shown


def test_the_version(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"losskit {losskit.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lst",), "Did you mean 'list'?"),
        (("list", "--hold", "Convex"), "No such option"),
        (("describe",), "Missing argument"),
        (("describe", "comp_sun"), "losskit: there is no loss 'comp_sun'; did you mean comp_sum"),
        (
            ("list", "--holds", "Convx"),
            "losskit: there is no property 'Convx'; did you mean Convex, Concave, QuasiConvex?",
        ),
        (("list", "--task", "clasification"), "did you mean classification"),
        (("list", "--coupling", "pair"), "did you mean pairs"),
        (("verify", "comp_sun"), "did you mean comp_sum"),
        (("verify", "comp_sum", "--only", "Bounds"), "did you mean Bounded"),
        (("verify", "--profile", "fast"), "--profile"),
        (("export", "comp_sun"), "did you mean comp_sum"),
        (("--plugins", "buildin", "list"), "did you mean builtin"),
    ],
)
def test_a_wrong_command_has_status_2_and_says_what_was_meant(
    invoke: Invoke, arguments: tuple[str, ...], said: str
) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_an_error_of_losskit_is_one_line(invoke: Invoke) -> None:
    result = invoke("describe", "comp_sun")
    assert result.stderr.count("\n") == 1


def test_an_error_nobody_foresaw_is_no_fallen_claim(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("losskit.cli.list.listing", broken)
    result = invoke("list")
    assert result.exit_code == 3
    assert "ZeroDivisionError: unforeseen" in result.stderr


def test_plugins_are_selected_before_they_are_looked_for(foreign: Elsewhere) -> None:
    assert "foreign_loss" in foreign.run("list").stdout
    assert "foreign_loss" not in foreign.run("--plugins", "builtin", "list").stdout
    alone = foreign.run("--plugins", "foreign-losses", "list").stdout.splitlines()
    assert [line.split()[0] for line in alone] == ["LOSS", "foreign_loss"]
    both = foreign.run("--plugins", "builtin,foreign-losses", "list").stdout
    assert "foreign_loss" in both
    assert "comp_sum" in both


def test_the_option_wins_over_the_variable(foreign: Elsewhere) -> None:
    run = foreign.run("--plugins", "all", "list", LOSSKIT_PLUGINS="builtin")
    assert "foreign_loss" in run.stdout


def test_a_terminal_without_the_characters_ends_nothing(elsewhere: Elsewhere) -> None:
    run = elsewhere.run("describe", "comp_sum", PYTHONIOENCODING="ascii")
    assert run.returncode == 0
    assert run.stderr == ""


def test_a_reader_that_leaves_early_sees_no_traceback(elsewhere: Elsewhere) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        run = elsewhere.run("describe", "comp_sum", stdout=gone)
    assert "Traceback" not in run.stderr
