"""Where output goes: answers to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import typer

from losskit.cli.page import Page

if TYPE_CHECKING:
    from pydantic import BaseModel

SCHEMA_VERSION = 1


def on_terminal() -> bool:
    """Whether the answer is read by a person as it comes."""
    return sys.stdout.isatty()


def show(page: Page) -> None:
    """Print a page: styled on a terminal, plain text everywhere else."""
    if on_terminal():
        from rich.console import Console

        from losskit.cli import styled

        styled.show(page, Console(highlight=False, markup=False))
    else:
        from losskit.cli import plain

        typer.echo(plain.render(page), nl=False)


def show_json(**payload: Any) -> None:
    """Print one JSON object with a schema version and the version of losskit, and nothing else."""
    from losskit import __version__

    envelope = {"schema_version": SCHEMA_VERSION, "losskit": __version__, **payload}
    typer.echo(json.dumps(envelope, indent=2, ensure_ascii=False, allow_nan=False))


def hint(sentence: str) -> None:
    """Say something beside the answer."""
    typer.echo(f"losskit: {sentence}", err=True)


def data(model: BaseModel) -> Any:
    """A pydantic object as JSON has it, infinities as strings."""
    return json.loads(model.model_dump_json())


@contextmanager
def aside() -> Iterator[None]:
    """Send what plugins and native libraries print to stderr, in worker processes too: stdout belongs to the answer."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
