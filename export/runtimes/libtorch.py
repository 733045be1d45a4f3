"""TorchScript programs in LibTorch: C++ without Python, the gradient by LibTorch's own autograd."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from losskit.export.eager import VALUE, gradient_name, tensors
from losskit.export.runtimes.channel import Child
from losskit.spec.errors import ExportError

Array = NDArray[Any]


class LibTorch:
    """Runs TorchScript programs in C++.

    Args:
        program: what was built from ``session.cpp``.
        gradients: inputs to differentiate with respect to.
    """

    def __init__(self, program: Path, gradients: Sequence[str]) -> None:
        self._program, self._gradients = program, tuple(gradients)
        self._folder = tempfile.TemporaryDirectory(prefix="losskit-")
        self._child: Child | None = None
        self._latest: LibTorchSession | None = None

    @property
    def name(self) -> str:
        """Name and version."""
        return f"libtorch {torch.__version__}"

    def load(self, content: bytes) -> LibTorchSession:
        """Make a program ready to run.

        Raises:
            ExportError: LibTorch refuses it, or the process is gone.
        """
        file = Path(self._folder.name) / "program.ts.pt"
        file.write_bytes(content)
        self.ask(f"load {file}")
        self._latest = LibTorchSession(self, Path(self._folder.name), self._gradients)
        return self._latest

    def holds(self, session: LibTorchSession) -> bool:
        """Whether the process still holds the program of a session."""
        return session is self._latest

    def ask(self, line: str) -> None:
        """Send one line.

        Raises:
            ExportError: the program says so, is gone or takes too long.
        """
        if self._child is None or not self._child.alive:
            self._child = Child("the LibTorch program", [str(self._program)])
        verdict, _, cause = self._child.ask(line).partition(" ")
        if verdict != "ok":
            raise ExportError(f"LibTorch fails: {cause}")


class LibTorchSession:
    """The program that was loaded last."""

    def __init__(self, runtime: LibTorch, folder: Path, gradients: tuple[str, ...]) -> None:
        self._runtime, self._folder, self._gradients = runtime, folder, gradients

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Value and gradients by output name.

        Raises:
            ExportError: the program fails, is gone or takes too long.
        """
        if not self._runtime.holds(self):
            raise ExportError("LibTorch has loaded another program since, load this one again")
        request, answer = self._folder / "request.pt", self._folder / "answer.pt"
        torch.save({"inputs": tensors(inputs), "gradients": list(self._gradients)}, request)
        self._runtime.ask(f"run {request} {answer}")
        found = torch.load(answer, weights_only=True)
        names = (VALUE, *map(gradient_name, self._gradients))
        return {name: tensor.numpy() for name, tensor in zip(names, found, strict=True)}
