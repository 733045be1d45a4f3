"""Every runtime by name: what it runs, what it needs, how it is made."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from typing import Literal

import torch

from losskit.export.axes import Axes
from losskit.export.eager import differentiable
from losskit.export.runtimes.base import Runtime
from losskit.export.runtimes.browser import Browser, find_browser
from losskit.export.runtimes.channel import Child
from losskit.export.runtimes.installation import (
    JAVASCRIPT,
    build_libtorch,
    install_npm,
    libtorch_program,
    npm_folder,
)
from losskit.export.runtimes.libtorch import LibTorch
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.runtimes.openvino import OpenVino
from losskit.export.runtimes.reference import ReferenceEvaluator
from losskit.export.runtimes.remote import RemoteRuntime
from losskit.export.runtimes.torch_programs import scripted_program
from losskit.spec.errors import ExportError

Runs = Literal["onnx", "torchscript", "pt2"]
INSTALL = "run: losskit doctor --install {}"


@dataclass(frozen=True)
class Kind:
    """A runtime that graphs may be replayed in.

    Attributes:
        name: as users write it.
        title: what it is.
        runs: the files it takes.
        make: the runtime for inputs and a device.
        advice: what is missing and what to do about it; empty where it is ready.
        install: gets what can be got without leaving the user's own folders; None where there is nothing to get.
    """

    name: str
    title: str
    runs: Runs
    make: Callable[[Axes, str], Runtime]
    advice: Callable[[], str] = lambda: ""
    install: Callable[[], None] | None = None


def select(names: Sequence[str]) -> tuple[Kind, ...]:
    """Runtimes by name, each once; ``all`` stands for every one.

    Raises:
        ExportError: no runtime has this name.
    """
    wanted = tuple(RUNTIMES) if "all" in names else tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in RUNTIMES:
            raise ExportError(f"there is no runtime {name!r}; runtimes are {', '.join(RUNTIMES)} and all")
    return tuple(RUNTIMES[name] for name in wanted)


def choose(names: Sequence[str]) -> tuple[Kind, ...]:
    """As :func:`select`, all of them ready.

    Raises:
        ExportError: no runtime has this name, or one is not ready; the message says what to install.
    """
    chosen = select(names)
    for kind in chosen:
        advice = kind.advice()
        if advice:
            raise ExportError(f"runtime {kind.name}: {advice}")
    return chosen


def _npm_advice() -> str:
    if shutil.which("node") is None:
        return "Node.js is not installed; install version 20 or newer"
    return "" if npm_folder().is_dir() else f"its npm packages are not installed; {INSTALL.format('node')}"


def _web_advice() -> str:
    if find_browser() is None:
        return "no browser was found; install Chromium or name a browser of its family in LOSSKIT_BROWSER"
    return "" if npm_folder().is_dir() else f"its npm packages are not installed; {INSTALL.format('web')}"


def _libtorch_advice() -> str:
    return "" if libtorch_program().is_file() else f"its program is not built; {INSTALL.format('libtorch')}"


def _openvino_advice() -> str:
    return "" if find_spec("openvino") else "OpenVINO is not installed; run: pip install losskit[openvino]"


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


_ALL = (
    Kind("ort", "ONNX Runtime", "onnx", lambda _, device: OnnxRuntime(device)),
    Kind("reference", "the reference evaluator of ONNX", "onnx", lambda *_: ReferenceEvaluator()),
    Kind("openvino", "OpenVINO", "onnx", lambda *_: OpenVino(), _openvino_advice),
    Kind("node", "ONNX Runtime in Node.js", "onnx", lambda *_: _node(), _npm_advice, install_npm),
    Kind("web", "ONNX Runtime in a browser (WebAssembly)", "onnx", lambda *_: _web(), _web_advice, install_npm),
    Kind("torchscript", "TorchScript in this process", "torchscript", lambda axes, _: scripted_program(axes)),
    Kind("libtorch", "TorchScript in C++ (LibTorch)", "torchscript",
         lambda axes, _: _libtorch(differentiable(axes)), _libtorch_advice, build_libtorch),
    Kind("pt2", "torch.export in a fresh process", "pt2", lambda axes, _: _fresh(differentiable(axes))),
)  # fmt: skip
RUNTIMES = {kind.name: kind for kind in _ALL}
