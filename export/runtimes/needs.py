"""What a runtime needs that is missing, and what to do about it; nothing where it is ready."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

INSTALL = "run: losskit doctor --install {}"


def onnx() -> str:
    """What the graphs themselves need."""
    missing = [name for name in ("onnx", "onnx_ir", "onnxscript", "onnxruntime") if find_spec(name) is None]
    return f"{missing[0]} is not installed; run: pip install 'losskit[verify]'" if missing else ""


def openvino() -> str:
    """What OpenVINO needs."""
    return "" if find_spec("openvino") else "OpenVINO is not installed; run: pip install 'losskit[openvino]'"


def node() -> str:
    """What ONNX Runtime in Node.js needs."""
    from losskit.export.runtimes.installation import npm_folder

    if shutil.which("node") is None:
        return "Node.js is not installed; install version 20 or newer"
    return "" if npm_folder().is_dir() else f"its npm packages are not installed; {INSTALL.format('node')}"


def web() -> str:
    """What ONNX Runtime in a browser needs."""
    from losskit.export.runtimes.browser import find_browser
    from losskit.export.runtimes.installation import npm_folder

    if find_browser() is None:
        return "no browser was found; install Chromium or name a browser of its family in LOSSKIT_BROWSER"
    return "" if npm_folder().is_dir() else f"its npm packages are not installed; {INSTALL.format('web')}"


def libtorch() -> str:
    """What LibTorch needs."""
    from losskit.export.runtimes.installation import libtorch_program

    return "" if libtorch_program().is_file() else f"its program is not built; {INSTALL.format('libtorch')}"
