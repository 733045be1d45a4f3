"""What extensions add to the command line: names that options accept, and commands. Their failures are lines on stderr."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from losskit.cli import output
from losskit.cli.completing import VARIABLE
from losskit.cli.parameters import words
from losskit.registry import extensions
from losskit.registry.extensions import COMMANDS, Hook, Offer
from losskit.spec import Command
from losskit.spec.errors import PluginError

_said: set[str] = set()


class Commands(Mapping[str, Any]):
    """Commands by name; the module of a command is imported when the command is asked for.

    Extensions are imported for a name that losskit does not have, and to list all names.
    """

    def __getitem__(self, name: str) -> Any:
        own = extensions.own(COMMANDS)
        return _own_command(own[name]) if name in own else _outside_command(_every()[name])

    def __iter__(self) -> Iterator[str]:
        return iter(_every())

    def __len__(self) -> int:
        return len(_every())


def names(hook: Hook[Any], *others: str) -> Callable[[list[str] | None], list[str] | None]:
    """Takes apart and checks the names that an option is given, in time to say that the command is wrong.

    Args:
        hook: what the names are of.
        others: words that the option takes, too.
    """

    def check(given: list[str] | None) -> list[str] | None:
        apart = list(words(given))
        for name in apart:
            check_name(hook, name, *others)
        return apart or None

    return check


def check_name(hook: Hook[Any], name: str, *others: str) -> None:
    """Refuse a name that nothing bears; extensions are imported where it is not losskit's own.

    Raises:
        BadParameter: there is nothing of this name; the message offers the nearest.
        PluginError: two extensions offer it.
    """
    if name in extensions.own(hook):
        return
    with output.aside():
        extensions.try_out()
        found = name in others or extensions.get(hook, name) is not None
        warn()
    if not found:
        raise typer.BadParameter(extensions.unknown(hook, name, *others))


def completions(hook: Hook[Any], *others: str) -> Callable[[str], list[str]]:
    """Completes the names that an option takes; only losskit's own, as outside code is not run for it."""
    return lambda incomplete: [name for name in (*extensions.own(hook), *others) if name.startswith(incomplete)]


def warn() -> None:
    """Say once what of the extensions is left out."""
    for problem in extensions.problems():
        if problem.cause not in _said:
            _said.add(problem.cause)
            output.hint(f"{problem.cause} (an extension is left out; see: losskit doctor)")


def _every() -> dict[str, Offer[Command]]:
    if VARIABLE in os.environ:  # a key press runs no outside code
        return extensions.own(COMMANDS)
    with output.aside():
        extensions.try_out()
        found = extensions.every(COMMANDS)
        warn()
    return found


def _own_command(offer: Offer[Command]) -> Any:
    module, _, attribute = offer.record.app.partition(":")
    return typer.main.get_command(getattr(import_module(module), attribute))


def _outside_command(offer: Offer[Command]) -> Any:
    """The command of an extension; one that fails to load is listed and says why when it is called."""
    try:
        with output.aside():
            module, _, attribute = offer.record.app.partition(":")
            app = getattr(import_module(module), attribute)
            if not isinstance(app, typer.Typer):
                raise TypeError(f"{offer.record.app} is of type {type(app).__name__}, expected a typer.Typer")
            return typer.main.get_command(app)
    except (Exception, SystemExit) as error:
        first = (str(error).strip().splitlines() or ["no message"])[0]
        return _broken(
            offer, f"the command {offer.record.name} of {offer.provider} fails: {type(error).__name__}: {first}"
        )


def _broken(offer: Offer[Command], cause: str) -> Any:
    def fail(**_: Any) -> None:
        raise PluginError(cause)

    return TyperCommand(
        offer.record.name,
        callback=fail,
        help=f"(cannot be loaded) {offer.record.title}",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
