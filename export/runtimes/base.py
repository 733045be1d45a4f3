"""What every runtime offers: load a file's content once, run it on named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


class Session(Protocol):
    """A loaded graph."""

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
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
            ExportError: the runtime refuses it.
        """
        ...
