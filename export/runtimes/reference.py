"""The reference evaluator of the ONNX project: NumPy, operator by operator, slow and independent.

One of its operators is replaced: its LogSoftmax is the logarithm of its Softmax, infinite where a class is far behind,
while the standard defines it as ``x - max - log(sum(exp(x - max)))``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.export.extras import onnx
from losskit.spec.errors import ExportError

Array = NDArray[Any]


class ReferenceEvaluator:
    """Runs graphs in ``onnx.reference``."""

    @property
    def name(self) -> str:
        """Name and version."""
        return f"onnx.reference {onnx.__version__}"

    def load(self, content: bytes) -> ReferenceSession:
        """Make a graph ready to run.

        Raises:
            ExportError: an operator has no implementation.
        """
        from onnx.reference import ReferenceEvaluator as Evaluator  # brings in every operator
        from onnx.reference.op_run import OpRun

        class LogSoftmax(OpRun):
            op_domain = ""

            def _run(self, x: Array, axis: int = -1) -> tuple[Array]:
                shifted = x - x.max(axis=axis, keepdims=True)
                return ((shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))).astype(x.dtype),)

        try:
            return ReferenceSession(Evaluator(onnx.load_model_from_string(content), new_ops=[LogSoftmax]))
        except Exception as error:  # its operators raise whatever NumPy raises
            raise ExportError(f"onnx.reference refuses the graph: {_first_line(error)}") from error


class ReferenceSession:
    """A graph that the reference evaluator has loaded."""

    def __init__(self, evaluator: Any) -> None:
        self._evaluator = evaluator

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name.

        Raises:
            ExportError: an operator fails.
        """
        try:
            with np.errstate(all="ignore"):  # infinities are values here, as everywhere else
                values = self._evaluator.run(None, dict(inputs))
        except Exception as error:
            raise ExportError(f"onnx.reference fails: {_first_line(error)}") from error
        return {name: np.asarray(v) for name, v in zip(self._evaluator.output_names, values, strict=True)}


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
