"""The commands of losskit itself, registered as those of any extension."""

from __future__ import annotations

from losskit.spec import Command, hookimpl

COMMANDS = {
    "list": "which losses there are, and where they have a property",
    "describe": "what a loss takes, computes and claims",
    "verify": "try to refute what losses and graphs claim",
    "export": "write a loss as graphs for other runtimes",
    "doctor": "explain what is missing or broken",
}


@hookimpl
def losskit_commands() -> list[Command]:
    """A module a command."""
    return [Command(name, title, app=f"losskit.cli.{name}:app") for name, title in COMMANDS.items()]
