"""What every runtime offers: load a file's content once, run it on named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from losskit.spec.errors import ExportError

Array = NDArray[Any]


class RefusedSizesError(ExportError):
    """A program that was saved with a range for each axis says that these sizes lie outside."""


class NotTakenError(ExportError):
    """The runtime is known to lack what a graph needs, and nothing is wrong with the graph."""


class Session(Protocol):
    """A loaded graph."""

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
            RefusedSizesError: the program was saved for other sizes, and says so.
            ExportError: the runtime cannot compute them.
        """
        ...


class Runtime(Protocol):
    """A program that runs graphs."""

    @property
    def name(self) -> str:
        """Name and version, for reports."""
        ...

    def load(self, content: bytes) -> Session:
        """Make a file's content ready to run.

        Raises:
            NotTakenError: the runtime is known to lack what it needs.
            ExportError: the runtime refuses it.
        """
        ...
