"""What commands that search have in common: their options, and what the words on the command line mean."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from losskit.cli import output
from losskit.cli.completing import properties
from losskit.cli.parameters import words


class Profile(StrEnum):
    """How much work a run does."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


class Device(StrEnum):
    """Where tensors are."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Engine(StrEnum):
    """What attacks the claims."""

    LOCAL = "local"
    DASK = "dask"
    RAY = "ray"
    HERE = "here"


ProfileOption = Annotated[
    Profile, typer.Option(help="Effort: quick for every day, standard before a release, deep overnight.")
]
DeviceOption = Annotated[Device, typer.Option(help="Where to run; auto takes a GPU where there is one.")]
JobsOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Claims attacked at a time; one a core if left out.")
]
SeedOption = Annotated[int, typer.Option(min=0, metavar="N", help="Of the search; the same seed finds the same cases.")]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PROPERTY", autocompletion=properties, help="Only claims of this property; may be given again."
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(min=0.001, metavar="SECONDS", help="A claim that takes longer is an error; generous if left out."),
]
EngineOption = Annotated[
    Engine,
    typer.Option(help="Worker processes of this machine or of a Dask or Ray cluster, or this process itself."),
]


def kinds_of(given: Sequence[str]) -> tuple[str, ...]:
    """Kinds of the vocabulary from what was given, commas between several.

    Raises:
        SpecError: no such kind.
    """
    from losskit.registry import kind

    with output.aside():
        return tuple(kind(word) for word in words(given))


def import_place(place: str) -> None:
    """Import the module of a place, found from here as ``python -m`` finds modules; worker processes take the path over.

    Raises:
        LosskitError: nothing to import, or no spec there.
    """
    from losskit.registry import load

    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    with output.aside():
        load(place)


@contextmanager
def terminable() -> Iterator[None]:
    """Take the polite request to end, which servers send, for an interrupt from the keyboard."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
