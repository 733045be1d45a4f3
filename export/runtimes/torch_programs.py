"""TorchScript archives and saved torch.export programs, run by torch itself.

Both are programs: loading one runs what it holds, so only files that the user names are loaded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from losskit.export.axes import Axes
from losskit.export.eager import value_and_gradient
from losskit.export.quiet import quiet, root_cause
from losskit.export.runtimes.base import RefusedSizesError
from losskit.spec.errors import ExportError

Array = NDArray[Any]
_OUT_OF_RANGE = "Guard failed"


class TorchProgram:
    """Runs one kind of torch program; the gradient is that of torch's autograd.

    Args:
        name: of the kind.
        load: from a file to a module.
        axes: inputs of the loss.
    """

    def __init__(self, name: str, load: Callable[[io.BytesIO], Any], axes: Axes) -> None:
        self._name, self._load, self._axes = name, load, axes

    @property
    def name(self) -> str:
        """Name and version."""
        return f"{self._name} of torch {torch.__version__}"

    def load(self, content: bytes) -> TorchSession:
        """Make a program ready to run.

        Raises:
            ExportError: torch cannot load it.
        """
        try:
            with quiet():
                return TorchSession(self._load(io.BytesIO(content)), self._axes, self._name)
        except Exception as error:
            raise ExportError(f"the {self._name} program cannot be loaded: {root_cause(error)}") from error


class TorchSession:
    """A loaded torch program."""

    def __init__(self, program: nn.Module, axes: Axes, name: str) -> None:
        self._program, self._axes, self._name = program, axes, name

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Value and gradients by output name.

        Raises:
            RefusedSizesError: the program was saved for longer axes.
            ExportError: the program fails on these inputs.
        """
        try:
            with quiet():
                return value_and_gradient(self._program, self._axes, inputs)
        except Exception as error:
            sentence = f"the {self._name} program fails: {root_cause(error)}"
            if sizes_refused(error):
                raise RefusedSizesError(sentence) from error
            raise ExportError(sentence) from error


def sizes_refused(error: Exception) -> bool:
    """Whether a program of torch.export says that it was saved for other sizes."""
    return isinstance(error, AssertionError) and str(error).startswith(_OUT_OF_RANGE)


def scripted_program(axes: Axes) -> TorchProgram:
    """Runs TorchScript archives."""
    return TorchProgram("TorchScript", torch.jit.load, axes)


def exported_program(axes: Axes) -> TorchProgram:
    """Runs programs saved by torch.export."""
    return TorchProgram("torch.export", lambda file: torch.export.load(file).module(), axes)
