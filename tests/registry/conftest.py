"""Distributions that exist for one test: metadata and modules in a folder on the path, found by the real machinery."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from losskit import registry

Install = Callable[..., None]

PLUGIN = '''
from losskit.spec import LossSpec, Parameters, hookimpl
from losskit.spec.properties import NonNegative
from losskit.spec.tensors import logits


class Nothing(Parameters):
    """No parameters."""


SPEC = LossSpec(
    name={name!r}, title="Foreign", task="regression", summary="s", formula="f", parameters=Nothing,
    inputs=(logits("B"),), output=("B",), claims=(NonNegative().holds(),), references=("ghosh2017robust",),
    module={module!r}, oracle="nowhere:nothing",
)


@hookimpl
def losskit_loss():
    return SPEC
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with entry points (loss or extension to module) and modules (name to source)."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def run(
        distribution: str,
        points: Mapping[str, str],
        modules: Mapping[str, str],
        version: str = "1.0",
        group: str = registry.GROUP,
    ) -> None:
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"[{group}]", *(f"{name} = {module}" for name, module in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for name, source in modules.items():
            (tmp_path / f"{name}.py").parent.mkdir(exist_ok=True)
            (tmp_path / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        registry.forget()

    yield run
    for name in set(sys.modules) - before:
        if not name.startswith(("losskit", "torch", "numpy")):
            sys.modules.pop(name)
    monkeypatch.undo()
    registry.forget()


@pytest.fixture
def foreign(install: Install) -> str:
    """The name of a loss that another distribution provides, ``foreign-losses``."""
    source = PLUGIN.format(name="foreign_loss", module="foreign_module:Missing")
    install("foreign-losses", {"foreign_loss": "foreign_plugin"}, {"foreign_plugin": source})
    return "foreign_loss"
