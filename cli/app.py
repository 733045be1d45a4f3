"""The program: global options, commands that are imported when called, errors in one sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from losskit.cli.examples import epilog
from losskit.cli.failures import INTERRUPTED, report_failure

COMMANDS = ("list", "describe", "verify", "export", "doctor", "new")


class Modules(Mapping[str, Any]):
    """Commands by name; the module of a command is imported when the command is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return typer.main.get_command(import_module(f"losskit.cli.{name}").app)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Program(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast(Any, Modules())

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error on purpose becomes a sentence and an exit status."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None  # status 1, which the parser would choose, says that a claim fell
        except Exception as error:
            status = report_failure(error)
            if status is None:
                raise
            raise typer.Exit(status) from error


app = typer.Typer(
    cls=Program,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # the rich help costs as much start-up time as a whole listing
    pretty_exceptions_enable=False,
    epilog=epilog("losskit"),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from losskit import __version__

        typer.echo(f"losskit {__version__}")
        raise typer.Exit()


def _select_plugins(choice: str | None) -> str | None:
    """Set the selection before anything looks for plugins; every distribution named must be installed."""
    if choice is None:
        return None
    from losskit.registry import discovery

    os.environ[discovery.VARIABLE] = "all"
    offered = {p.distribution for several in discovery.providers().values() for p in several}
    known = ("all", "builtin", *sorted(offered))
    for word in (word.strip() for word in choice.split(",")):
        if word not in known:
            from losskit.registry import unknown

            raise typer.BadParameter(unknown("distribution with plugins", word, known))
    os.environ[discovery.VARIABLE] = choice
    return choice


@app.callback()
def options(
    plugins: Annotated[
        str | None,
        typer.Option(
            metavar="builtin|all|NAME,...",
            callback=_select_plugins,
            is_eager=True,
            help="Which distributions may offer losses; losskit's own are called builtin.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Loss functions whose claims are checked, and graphs that say what the loss says."""


def run() -> None:
    """Run the program and exit; characters that the terminal has no sign for do not end it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    app(prog_name="losskit")
