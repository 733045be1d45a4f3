"""The program: global options, commands that are imported when called, errors in one sentence."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from losskit.cli import completing
from losskit.cli.examples import epilog
from losskit.cli.extensions import Commands
from losskit.cli.failures import INTERRUPTED, report_failure


class Program(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast(Any, Commands())

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

    os.environ[discovery.VARIABLE] = choice
    for word in discovery.unmatched():
        from losskit.registry import unknown

        groups = (discovery.providers(group, "all") for group in (discovery.GROUP, discovery.EXTENSIONS))
        offered = {p.distribution for group in groups for several in group.values() for p in several}
        raise typer.BadParameter(unknown("distribution with plugins", word, ("all", "builtin", *sorted(offered))))
    return choice


@app.callback()
def options(
    plugins: Annotated[
        str | None,
        typer.Option(
            metavar="builtin|all|NAME,...",
            callback=_select_plugins,
            is_eager=True,
            autocompletion=completing.distributions,
            help="Which distributions may offer losses and extensions; losskit's own are called builtin.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Loss functions whose claims are checked, and graphs that say what the loss says."""


def run() -> None:
    """Run the program and exit; characters that the terminal has no sign for do not end it.

    Plugins of pydantic are outside code too, and looking for them ends at the first damaged metadata of anybody.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    completing.prepare()
    app(prog_name="losskit")
