"""What `losskit doctor` finds out, as data."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import util
from importlib.metadata import PackageNotFoundError, version

from losskit.cli import extension_state
from losskit.cli.extension_state import ExtensionState
from losskit.cli.plugin_states import Plugin, states
from losskit.cli.shadows import hiding, impostor, place
from losskit.registry import VARIABLE, extensions, selection, unmatched
from losskit.registry.trial import LIMIT

# Distribution and the module that shows it is there: ONNX Runtime comes from several distributions.
EXTRAS = {
    "verify": {
        "onnx": "onnx",
        "onnx-ir": "onnx_ir",
        "onnxscript": "onnxscript",
        "onnxruntime": "onnxruntime",
        "hypothesis": "hypothesis",
        "scipy": "scipy",
        "joblib": "joblib",
        "jinja2": "jinja2",
        "platformdirs": "platformdirs",
    },
    "plot": {"matplotlib": "matplotlib"},
    "openvino": {"openvino": "openvino"},
    "dask": {"dask": "dask", "distributed": "distributed"},
    "ray": {"ray": "ray"},
    "stacks": {
        "lightning": "lightning",
        "transformers": "transformers",
        "accelerate": "accelerate",
        "hydra-core": "hydra",
        "pyyaml": "yaml",
    },
    "dev": {
        "pytest": "pytest",
        "pytest-xdist": "xdist",
        "pytest-timeout": "pytest_timeout",
        "mypy": "mypy",
        "ruff": "ruff",
        "import-linter": "importlinter",
        "build": "build",
        "setuptools": "setuptools",
        "packaging": "packaging",
        "pre-commit": "pre_commit",
        "pyyaml": "yaml",
        "markdown-it-py": "markdown_it",
        "jsonschema": "jsonschema",
    },
    "docs": {
        "mkdocs": "mkdocs",
        "mkdocs-material": "material",
        "mkdocstrings": "mkdocstrings",
        "mkdocs-gen-files": "mkdocs_gen_files",
    },
    "peers": {"pytorch-metric-learning": "pytorch_metric_learning"},
}
BASE = ("torch", "numpy", "pluggy", "pydantic", "typer", "rich")


@dataclass(frozen=True)
class Fact:
    """Something losskit runs on; ``state`` is ``ok``, ``warning`` or ``broken``, ``place`` where it is imported from."""

    what: str
    found: str
    state: str = "ok"
    place: str = ""


@dataclass(frozen=True)
class Extra:
    """Optional dependencies; ``state`` is ``present`` or what is missing."""

    name: str
    state: str
    missing: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class RuntimeState:
    """Something graphs may be replayed in; ``state`` is ``ready`` or ``missing``."""

    name: str
    what: str
    state: str
    advice: str = ""


@dataclass(frozen=True)
class Checkup:
    """Everything found."""

    environment: tuple[Fact, ...]
    extras: tuple[Extra, ...]
    runtimes: tuple[RuntimeState, ...]
    selection: str
    plugins: tuple[Plugin, ...]
    extensions: tuple[ExtensionState, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing that is installed is broken."""
        sound = all(fact.state != "broken" for fact in self.environment)
        sound = sound and all(extension.state == "ok" for extension in self.extensions)
        return sound and all(plugin.usable for plugin in self.plugins)

    @property
    def warned(self) -> bool:
        """Whether something works and is worth a look."""
        states = [fact.state for fact in self.environment] + [plugin.state for plugin in self.plugins]
        return "warning" in states


def examine(limit: float = LIMIT, told: Callable[[int, int, str], None] = lambda *_: None) -> Checkup:
    """Look at everything; this imports torch here, and every selected plugin in a process beside this one first.

    Args:
        limit: seconds the import of a plugin may take.
        told: called with the number of distributions with plugins that were looked at, of all, and the name of the last.
    """
    environment = tuple(_environment())
    extensions.try_out(limit)
    plugins = states(limit, told)
    return Checkup(
        environment, tuple(_extras()), tuple(_runtimes()), selection(), plugins, tuple(extension_state.states())
    )


def _environment() -> Iterator[Fact]:
    yield Fact("python", platform.python_version(), place=sys.executable)
    yield Fact("platform", platform.platform())
    yield Fact("losskit", _version("losskit"), place=place("losskit"))
    for name in BASE:
        yield _library(name)
    yield Fact("CUDA", _cuda())
    for shadow in hiding((*BASE, "losskit")):
        where = "hidden by this file" if shadow.on_path else "hidden by this file from Python started in this folder"
        yield Fact(shadow.module, f"{where}: rename it", "warning", shadow.file)
    for word in unmatched():
        yield Fact(VARIABLE, f"names {word}, and no distribution of this name has plugins", "warning")


def _library(name: str) -> Fact:
    other = impostor(name)
    if other:
        return Fact(name, f"{_version(name)} is not what is imported: rename the file in its place", "broken", other)
    if name == "torch":
        return _torch()
    return Fact(name, _version(name), "ok" if util.find_spec(name) else "broken", place(name))


def _torch() -> Fact:
    try:
        import torch
    except Exception as error:  # a torch for another driver or interpreter fails in many ways
        return Fact("torch", f"{_version('torch')}: {_first_line(error)}", "broken", place("torch"))
    return Fact("torch", str(torch.__version__), place=place("torch"))


def _cuda() -> str:
    torch = sys.modules.get("torch")
    if torch is None:
        return "unknown without torch"
    if not torch.cuda.is_available():
        return f"no device (torch is built for CUDA {torch.version.cuda})" if torch.version.cuda else "none: CPU build"
    devices = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    return f"{torch.version.cuda}: {devices}"


def _extras() -> Iterator[Extra]:
    for name, modules in EXTRAS.items():
        missing = tuple(distribution for distribution, module in modules.items() if util.find_spec(module) is None)
        state = f"missing: {', '.join(missing)}" if missing else "present"
        yield Extra(name, state, missing, f"pip install 'losskit[{name}]'" if missing else "")


def _runtimes() -> Iterator[RuntimeState]:
    if sys.modules.get("torch") is None:
        yield RuntimeState("all", "everything that runs graphs", "missing", "torch is not there, see above")
        return
    try:
        import torch  # noqa: F401
    except Exception as error:  # without a torch that can be imported there is nothing to replay in
        yield RuntimeState("all", "everything that runs graphs", "missing", _first_line(error))
        return
    from losskit.export.runtimes.table import kinds

    for kind in kinds().values():
        advice = kind.advice()
        yield RuntimeState(kind.name, kind.title, "missing" if advice else "ready", advice)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
