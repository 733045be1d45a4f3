"""OpenVINO: an implementation of ONNX that shares no kernel with ONNX Runtime.

Two things it does otherwise than the standard says. Its TopK leaves ties in any order, where the standard has the lower index
come first: that is an attribute of its own, which is set here. And it computes float64 in single precision, so that a graph
which needs float64 gives other numbers: such a graph is not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.export.runtimes.base import NotTakenError
from losskit.spec.errors import ExportError, MissingExtraError

Array = NDArray[Any]


class OpenVino:
    """Runs graphs in OpenVINO on the CPU, in single precision.

    Raises:
        MissingExtraError: OpenVINO is not installed.
    """

    def __init__(self) -> None:
        try:
            import openvino
        except ImportError as error:
            raise MissingExtraError("OpenVINO is not installed; run: pip install losskit[openvino]") from error
        self._version = str(openvino.__version__).split("-")[0]
        self._core = openvino.Core()
        # its kernels may otherwise round to half precision where the processor is faster with it
        self._options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}

    @property
    def name(self) -> str:
        """Name and version."""
        return f"openvino {self._version}"

    def load(self, content: bytes) -> OpenVinoSession:
        """Make a graph ready to run.

        Raises:
            NotTakenError: the graph computes in float64.
            ExportError: an operator cannot be translated or compiled.
        """
        try:
            model = self._core.read_model(content)
            for node in model.get_ops():
                if any(output.get_element_type().get_type_name() == "f64" for output in node.outputs()):
                    raise NotTakenError("OpenVINO computes in single precision what the graph computes in float64")
                if node.get_type_name() == "TopK":
                    node.set_attribute("stable", True)
            return OpenVinoSession(self._core.compile_model(model, "CPU", self._options))
        except NotTakenError:
            raise
        except Exception as error:  # its exceptions have no public base
            raise ExportError(f"OpenVINO refuses the graph: {_sentence(error)}") from error


class OpenVinoSession:
    """A graph that OpenVINO has compiled."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
            ExportError: a kernel fails.
        """
        try:
            found = self._compiled({name: np.array(values) for name, values in inputs.items()})  # it wants to own them
        except Exception as error:
            raise ExportError(f"OpenVINO fails: {_sentence(error)}") from error
        return {output.get_any_name(): np.array(found[output]) for output in self._compiled.outputs}


def _sentence(error: Exception) -> str:
    """The last line that says something: what comes before it are places in source files."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
