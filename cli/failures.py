"""What an error becomes on the command line: one sentence on stderr and an exit status."""

from __future__ import annotations

import sys
import traceback

import typer

STOOD = 0
FELL = 1
WRONG_COMMAND = 2
NOT_RUN = 3
INTERRUPTED = 130  # what shells report of a program that an interrupt has ended


def report_failure(error: Exception) -> int | None:
    """Say what went wrong.

    Returns:
        The exit status; None for what the command-line parser raises and reports itself.
    """
    if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
        return None
    status = _status(error)
    if status is None:  # an error of ours that nobody foresaw: status 1 would say that a claim fell
        traceback.print_exception(error)
        status = NOT_RUN
    else:
        typer.echo(f"losskit: {_sentence(error)}", err=True)
    return status


def _status(error: Exception) -> int | None:
    if isinstance(error, OSError):
        return NOT_RUN
    if "losskit.spec.errors" not in sys.modules:
        return None
    from losskit.spec.errors import LosskitError, ParameterError, ScaffoldError, SpecError, UnknownLossError

    if isinstance(
        error, UnknownLossError | ParameterError | ScaffoldError | SpecError
    ):  # a plugin's own come as PluginError
        return WRONG_COMMAND
    return NOT_RUN if isinstance(error, LosskitError) else None


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
