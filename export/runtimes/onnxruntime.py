"""ONNX Runtime, on the CPU or a CUDA device. What it warns about a graph's shapes is an error here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from losskit.export.extras import onnxruntime
from losskit.export.runtimes.base import NotTakenError
from losskit.export.runtimes.kernels import missing_kernel
from losskit.export.stderr import captured_stderr
from losskit.spec.errors import ExportError

Array = NDArray[Any]
_WARNING = 2
_SHAPE_CONFLICTS = ("Error merging shape info", "does not match actual shape")
_STATUS = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")


class OnnxRuntime:
    """Runs graphs in ONNX Runtime.

    Args:
        device: ``cpu`` or ``cuda``.

    Raises:
        ExportError: the installed build has no provider for the device.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._providers: list[Any] = ["CPUExecutionProvider"]
        if device.startswith("cuda"):
            if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
                raise ExportError("ONNX Runtime was built without CUDA; install onnxruntime-gpu or use the CPU")
            # tf32 keeps ten bits of the product's operands: no basis for a comparison
            self._providers.insert(0, ("CUDAExecutionProvider", {"use_tf32": 0}))

    @property
    def name(self) -> str:
        """Name and version."""
        return f"onnxruntime {onnxruntime.__version__}"

    def load(self, content: bytes) -> OnnxSession:
        """Make a graph ready to run.

        Raises:
            NotTakenError: an operator has no kernel for its dtypes.
            ExportError: the file is no graph, or the runtime infers other shapes than the graph declares.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _WARNING
        options.intra_op_num_threads = 1
        log: list[str] = []
        try:
            with captured_stderr() as log:
                session = onnxruntime.InferenceSession(content, options, providers=self._providers)
        except Exception as error:  # its exceptions have no public base
            kernel = missing_kernel(str(error), content)
            if kernel:
                raise NotTakenError(f"ONNX Runtime has no kernel for {kernel}") from error
            raise ExportError(_refusal(error)) from error
        _refuse_conflicts(log)
        return OnnxSession(session)


class OnnxSession:
    """A graph that ONNX Runtime has loaded."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
            ExportError: a kernel fails, or warns of shapes in conflict.
        """
        log: list[str] = []
        try:
            with captured_stderr() as log:
                values = self._session.run(self._outputs, dict(inputs))
        except Exception as error:
            raise ExportError(_refusal(error)) from error
        _refuse_conflicts(log)
        return dict(zip(self._outputs, values, strict=True))


def _refusal(error: Exception) -> str:
    text = _STATUS.sub("", str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    return f"ONNX Runtime refuses the graph: {text}"


def _refuse_conflicts(log: list[str]) -> None:
    """What the runtime calls a warning: it infers, or finds, other shapes than the graph declares."""
    for line in log:
        if any(sign in line for sign in _SHAPE_CONFLICTS):
            message = line.partition("] ")[2].removesuffix("\x1b[m")
            raise ExportError(f"ONNX Runtime finds the graph's shapes in conflict: {message}")
