"""The page of the command line, from its own help."""

from __future__ import annotations

import typer

from losskit.cli.app import app
from losskit.cli.extension import COMMANDS

INTRODUCTION = """# Command line

What `losskit -h` and the help of each command print. Every command takes `-h`; most take `--json`, which prints one versioned
object ([its schema](schemas.md)). Answers go to standard output, everything else to standard error. `NO_COLOR` is obeyed.

| exit status | means |
| --- | --- |
| 0 | all is well |
| 1 | a claim fell |
| 2 | the command was wrong |
| 3 | something could not be run |
"""
WIDTH = 110


def help_of(command: str | None = None) -> str:
    """What ``losskit [COMMAND] -h`` prints on a wide terminal."""
    program = typer.main.get_command(app)
    with program.make_context(
        "losskit", [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    ) as top:
        if command is None:
            return program.get_help(top)
        found = program.get_command(top, command)  # type: ignore[attr-defined]
        with found.make_context(command, [], parent=top, resilient_parsing=True) as context:
            return str(found.get_help(context))


def page() -> str:
    """The reference of all commands."""
    parts = [INTRODUCTION, _section("losskit", help_of())]
    return "\n".join([*parts, *(_section(f"losskit {name}", help_of(name)) for name in COMMANDS)])


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.rstrip()}\n```\n"
