"""Makes losskit's own runtimes, each from the axes of the inputs and a device. Processes are started once."""

from __future__ import annotations

import json
import sys
from functools import cache, partial

import torch

from losskit.export.axes import Axes
from losskit.export.eager import differentiable
from losskit.export.runtimes.base import Runtime
from losskit.export.runtimes.browser import Browser, find_browser
from losskit.export.runtimes.channel import Child
from losskit.export.runtimes.installation import JAVASCRIPT, libtorch_program, npm_folder
from losskit.export.runtimes.libtorch import LibTorch
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.runtimes.openvino import OpenVino
from losskit.export.runtimes.reference import ReferenceEvaluator
from losskit.export.runtimes.remote import RemoteRuntime
from losskit.export.runtimes.torch_programs import exported_program, scripted_program


def ort(axes: Axes, device: str) -> Runtime:
    """ONNX Runtime."""
    return OnnxRuntime(device)


def reference(axes: Axes, device: str) -> Runtime:
    """The reference evaluator of ONNX."""
    return ReferenceEvaluator()


def openvino(axes: Axes, device: str) -> Runtime:
    """OpenVINO."""
    return OpenVino()


def node(axes: Axes, device: str) -> Runtime:
    """ONNX Runtime in Node.js."""
    return _node()


def web(axes: Axes, device: str) -> Runtime:
    """ONNX Runtime in a headless browser."""
    return _web()


def torchscript(axes: Axes, device: str) -> Runtime:
    """TorchScript in this process."""
    return scripted_program(axes)


def libtorch(axes: Axes, device: str) -> Runtime:
    """TorchScript in C++."""
    return _libtorch(differentiable(axes))


def pt2(axes: Axes, device: str) -> Runtime:
    """A program of torch.export in a fresh process."""
    return _fresh(differentiable(axes))


def pt2_here(axes: Axes, device: str) -> Runtime:
    """A program of torch.export in this process."""
    return exported_program(axes)


def _npm_version(package: str) -> str:
    pinned = json.loads((JAVASCRIPT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return f"{package} {pinned[package]}"


@cache
def _node() -> RemoteRuntime:
    name = _npm_version("onnxruntime-node")
    return RemoteRuntime(name, lambda: Child(name, ["node", str(JAVASCRIPT / "node.mjs"), str(npm_folder())]))


@cache
def _web() -> RemoteRuntime:
    browser = find_browser()
    assert browser is not None
    pages = {"": JAVASCRIPT, "dist": npm_folder() / "node_modules" / "onnxruntime-web" / "dist"}
    return RemoteRuntime(_npm_version("onnxruntime-web"), partial(Browser, browser, pages))


@cache
def _libtorch(gradients: tuple[str, ...]) -> LibTorch:
    return LibTorch(libtorch_program(), gradients)


@cache
def _fresh(gradients: tuple[str, ...]) -> RemoteRuntime:
    name = f"torch.export of torch {torch.__version__}"
    command = [sys.executable, "-m", "losskit.export.runtimes.fresh"]
    return RemoteRuntime(name, lambda: Child(name, command), gradients)
