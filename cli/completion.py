"""`losskit completion`: the script that makes a shell complete losskit's commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from losskit.cli.completing import VARIABLE
from losskit.cli.examples import epilog

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Shell(StrEnum):
    """Shells that can be taught."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@app.command(epilog=epilog("completion"))
def completion(shell: Annotated[Shell, typer.Argument(help="The shell that is to complete.")]) -> None:
    """Print a script that completes commands, options, losses, properties and tasks.

    Put it where the shell looks for such scripts, as below, and open a new shell; for this one,
    run eval "$(losskit completion bash)". Completing imports neither PyTorch nor any plugin.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    typer.echo(get_completion_script(prog_name="losskit", complete_var=VARIABLE, shell=shell.value))
