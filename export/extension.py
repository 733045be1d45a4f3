"""The export targets and runtimes of losskit itself, registered as those of any extension."""

from __future__ import annotations

from losskit.export.layout import PT2_FILE, TORCHSCRIPT_FILE, VALUE_FILE
from losskit.spec import ExportTarget, GraphRuntime, hookimpl

WRITERS = "losskit.export.writers"
MAKERS = "losskit.export.runtimes.makers"
NEEDS = "losskit.export.runtimes.needs"
GETS = "losskit.export.runtimes.installation"


@hookimpl
def losskit_export_targets() -> list[ExportTarget]:
    """ONNX graphs with test vectors, and torch's own programs."""
    torch_program = {"gradient": True, "program": True}  # the gradient is autograd's
    return [
        ExportTarget("onnx", "ONNX graphs and test vectors", VALUE_FILE, f"{WRITERS}:write_onnx", f"{MAKERS}:ort"),
        ExportTarget(
            "torchscript", "a TorchScript archive", TORCHSCRIPT_FILE, f"{WRITERS}:write_torchscript",
            f"{MAKERS}:torchscript", **torch_program,
        ),
        ExportTarget(
            "pt2", "a program of torch.export", PT2_FILE, f"{WRITERS}:write_pt2", f"{MAKERS}:pt2_here", **torch_program
        ),
    ]  # fmt: skip


@hookimpl
def losskit_runtimes() -> list[GraphRuntime]:
    """What graphs and programs are replayed in."""
    return [
        GraphRuntime("ort", "ONNX Runtime", "onnx", f"{MAKERS}:ort", f"{NEEDS}:onnx"),
        GraphRuntime("reference", "the reference evaluator of ONNX", "onnx", f"{MAKERS}:reference", f"{NEEDS}:onnx"),
        GraphRuntime("openvino", "OpenVINO", "onnx", f"{MAKERS}:openvino", f"{NEEDS}:openvino"),
        GraphRuntime(
            "node", "ONNX Runtime in Node.js", "onnx", f"{MAKERS}:node", f"{NEEDS}:node", f"{GETS}:install_npm"
        ),
        GraphRuntime(
            "web", "ONNX Runtime in a browser (WebAssembly)", "onnx", f"{MAKERS}:web", f"{NEEDS}:web",
            f"{GETS}:install_npm",
        ),
        GraphRuntime("torchscript", "TorchScript in this process", "torchscript", f"{MAKERS}:torchscript"),
        GraphRuntime(
            "libtorch", "TorchScript in C++ (LibTorch)", "torchscript", f"{MAKERS}:libtorch", f"{NEEDS}:libtorch",
            f"{GETS}:build_libtorch",
        ),
        GraphRuntime("pt2", "torch.export in a fresh process", "pt2", f"{MAKERS}:pt2"),
    ]  # fmt: skip
