"""The commands of losskit itself, registered as those of any extension."""

from __future__ import annotations

from losskit.spec import Command, hookimpl

COMMANDS = {
    "list": "which losses there are, and where they have a property",
    "describe": "what a loss takes, computes and claims",
    "compare": "losses side by side: claims, curves, cost",
    "cite": "references as BibTeX",
    "verify": "try to refute what losses and graphs claim",
    "suggest": "claims that a search could not refute, as proposals",
    "export": "write a loss as graphs for other runtimes",
    "new": "a package for a loss of your own",
    "doctor": "explain what is missing or broken",
    "completion": "a script that completes commands in your shell",
}


@hookimpl
def losskit_commands() -> list[Command]:
    """A module a command."""
    return [Command(name, title, app=f"losskit.cli.{name}:app") for name, title in COMMANDS.items()]
