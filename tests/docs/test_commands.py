"""The page of the command line shows every command as it explains itself."""

from __future__ import annotations

import pytest
import typer
from docs import commands
from typer.testing import CliRunner

from losskit.cli.app import app
from losskit.cli.extension import COMMANDS

PAGE = commands.page()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_on_the_page(command: str) -> None:
    found = typer.main.get_command(app).get_command(None, command)  # type: ignore[attr-defined]
    text = commands.help_of(command)
    assert text.rstrip() in PAGE
    names = [name for entry in found.params if entry.param_type_name == "option" for name in entry.opts]
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_says_what_the_command_says(command: str) -> None:
    printed = CliRunner().invoke(app, [command, "-h"], prog_name="losskit").stdout
    assert "".join(commands.help_of(command).split()) == "".join(printed.split())  # lines are broken elsewhere
    assert "losskit" in commands.help_of()
