"""The optional dependencies of exporting, imported in one place so that a missing one is named in one sentence."""

from __future__ import annotations

from losskit.export.stderr import captured_stderr
from losskit.spec.errors import MissingExtraError

try:
    import onnx
    import onnx_ir
    import onnxscript

    with captured_stderr():  # the GPU build looks for devices while it is imported and complains where it finds none
        import onnxruntime
except ImportError as error:
    missing = error.name or "a dependency"
    raise MissingExtraError(
        f"exporting needs {missing}, which is not installed; run: pip install losskit[verify]"
    ) from error

__all__ = ["onnx", "onnx_ir", "onnxruntime", "onnxscript"]
