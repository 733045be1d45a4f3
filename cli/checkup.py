"""What `losskit doctor` finds out, as data."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import util
from importlib.metadata import PackageNotFoundError, version

from losskit.cli.extension_state import ExtensionState, states
from losskit.registry import Failure, Provider, providers, selection, survey

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
    "openvino": {"openvino": "openvino"},
    "dask": {"dask": "dask", "distributed": "distributed"},
    "ray": {"ray": "ray"},
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
    },
    "docs": {
        "mkdocs": "mkdocs",
        "mkdocs-material": "material",
        "mkdocstrings": "mkdocstrings",
        "mkdocs-gen-files": "mkdocs_gen_files",
        "matplotlib": "matplotlib",
    },
    "peers": {"pytorch-metric-learning": "pytorch_metric_learning"},
}
BASE = ("torch", "numpy", "pluggy", "pydantic", "typer", "rich")


@dataclass(frozen=True)
class Fact:
    """Something losskit runs on; ``state`` is ``ok`` or ``broken``."""

    what: str
    found: str
    state: str = "ok"


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
class Plugin:
    """One entry point; ``state`` is ``ok``, ``broken`` or ``collision``."""

    loss: str
    distribution: str
    version: str
    entry_point: str
    state: str
    cause: str = ""
    cure: str = ""


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
        states = [fact.state for fact in self.environment] + [plugin.state for plugin in self.plugins]
        states += [extension.state for extension in self.extensions]
        return all(state == "ok" for state in states)


def examine() -> Checkup:
    """Look at everything; this imports torch and every selected plugin."""
    return Checkup(
        tuple(_environment()), tuple(_extras()), tuple(_runtimes()), selection(), tuple(_plugins()), tuple(states())
    )


def _environment() -> Iterator[Fact]:
    yield Fact("python", f"{platform.python_version()} ({sys.executable})")
    yield Fact("platform", platform.platform())
    yield Fact("losskit", _version("losskit"))
    for name in BASE:
        yield _torch() if name == "torch" else Fact(name, _version(name), "ok" if util.find_spec(name) else "broken")
    yield Fact("CUDA", _cuda())


def _torch() -> Fact:
    try:
        import torch
    except Exception as error:  # a torch for another driver or interpreter fails in many ways
        return Fact("torch", f"{_version('torch')}: {_first_line(error)}", "broken")
    return Fact("torch", str(torch.__version__))


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
    try:
        import torch  # noqa: F401
    except Exception as error:  # without a torch that can be imported there is nothing to replay in
        yield RuntimeState("all", "everything that runs graphs", "missing", _first_line(error))
        return
    from losskit.export.runtimes.table import kinds

    for kind in kinds().values():
        advice = kind.advice()
        yield RuntimeState(kind.name, kind.title, "missing" if advice else "ready", advice)


def _plugins() -> Iterator[Plugin]:
    failures = {failure.name: failure for failure in survey()[1]}
    for name, offered in providers().items():
        for provider in offered:
            yield _plugin(provider, failures.get(name))


def _plugin(provider: Provider, failure: Failure | None) -> Plugin:
    state, cause, cure = "ok", "", ""
    if failure is not None:
        collision = len(failure.providers) > 1
        state, cause = ("collision" if collision else "broken"), failure.cause
        cure = _choose(failure.providers) if collision else _repair(provider)
    return Plugin(
        provider.name, provider.distribution, provider.version, provider.module, state, " ".join(cause.split()), cure
    )


def _choose(offered: tuple[Provider, ...]) -> str:
    others = " or ".join(f"pip uninstall {p.distribution}" for p in offered if not p.builtin)
    chosen = next((p.distribution for p in offered if not p.builtin), "builtin")
    return f"{others}; or choose one: losskit --plugins builtin, losskit --plugins {chosen}"


def _repair(provider: Provider) -> str:
    if provider.builtin:
        return "pip install --force-reinstall losskit"
    return f"pip install --upgrade {provider.distribution}; or pip uninstall {provider.distribution}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
