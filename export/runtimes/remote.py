"""Graphs in a program that answers messages: it loads a file's content once and runs it on packed arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from losskit.export.runtimes.base import NotTakenError, RefusedSizesError
from losskit.export.runtimes.kernels import missing_kernel
from losskit.export.runtimes.wire import Message, pack, pack_arrays, unpack_arrays
from losskit.spec.errors import ExportError

Array = NDArray[Any]


class Channel(Protocol):
    """A program that answers one line of text for each line it is sent."""

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        ...

    def ask(self, line: str) -> str:
        """The answer.

        Raises:
            ExportError: the program is gone or takes too long.
        """
        ...


class RemoteRuntime:
    """Runs graphs in another process, which is started at the first graph and kept for the next.

    Args:
        name: name and version.
        start: makes the channel.
        gradients: inputs whose gradients a program is to compute, for programs that hold a value alone.
    """

    def __init__(self, name: str, start: Callable[[], Channel], gradients: Sequence[str] = ()) -> None:
        self._name, self._start, self._gradients = name, start, tuple(gradients)
        self._channel: Channel | None = None
        self._latest: RemoteSession | None = None

    @property
    def name(self) -> str:
        """Name and version."""
        return self._name

    def load(self, content: bytes) -> RemoteSession:
        """Make a file's content ready to run.

        Raises:
            NotTakenError: an operator of a graph has no kernel for its dtypes.
            ExportError: the program refuses it, or is gone.
        """
        try:
            self.ask({"load": pack(content), "gradients": self._gradients})
        except ExportError as error:
            kernel = missing_kernel(str(error), content)
            if kernel:
                raise NotTakenError(f"{self._name} has no kernel for {kernel}") from error
            raise
        self._latest = RemoteSession(self)
        return self._latest

    def holds(self, session: RemoteSession) -> bool:
        """Whether the program still holds the graph of a session."""
        return session is self._latest

    def ask(self, message: Message) -> Message:
        """The answer to a message.

        Raises:
            RefusedSizesError: the program was saved for other sizes, and says so.
            ExportError: the program fails, is gone or takes too long.
        """
        if self._channel is None or not self._channel.alive:
            self._channel = self._start()
        answer: Message = json.loads(self._channel.ask(json.dumps(message)))
        if "error" in answer:
            refused = answer.get("refused_sizes", False)
            raise (RefusedSizesError if refused else ExportError)(f"{self._name} fails: {answer['error']}")
        return answer


class RemoteSession:
    """The graph that was loaded last."""

    def __init__(self, runtime: RemoteRuntime) -> None:
        self._runtime = runtime

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
            RefusedSizesError: the program was saved for other sizes, and says so.
            ExportError: the program fails, is gone or takes too long.
        """
        if not self._runtime.holds(self):
            raise ExportError(f"{self._runtime.name} has loaded another graph since, load this one again")
        return unpack_arrays(self._runtime.ask({"run": pack_arrays(inputs)})["outputs"])
