"""Which losses are installed is read from metadata, and the variable LOSSKIT_PLUGINS has its say before that."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from losskit import registry
from losskit.registry.discovery import Provider

CHECK = """
import sys, losskit
losskit.names()
print(sorted(m for m in sys.modules if m.startswith(("losskit.plugins", "torch", "numpy"))))
"""


def test_names_are_listed_without_importing_a_plugin_or_a_tensor_library() -> None:
    run = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_foreign_loss_is_listed_without_being_imported(foreign: str) -> None:
    assert foreign in registry.names()
    assert "foreign_plugin" not in sys.modules


def test_a_provider_says_where_it_comes_from(foreign: str) -> None:
    (provider,) = registry.providers()[foreign]
    assert provider == Provider(foreign, "foreign_plugin", "foreign-losses", "1.0")
    assert str(provider) == "foreign-losses 1.0 (foreign_plugin)"
    assert not provider.builtin


@pytest.mark.parametrize(
    ("choice", "builtin", "other"),
    [
        ("all", True, True),
        ("", True, True),
        (" builtin ", True, False),
        ("foreign-losses", False, True),
        ("foreign-losses, builtin", True, True),
        ("nothing", False, False),
    ],
)
def test_the_variable_selects_distributions(
    foreign: str, monkeypatch: pytest.MonkeyPatch, choice: str, builtin: bool, other: bool
) -> None:
    monkeypatch.setenv(registry.VARIABLE, choice)
    assert ("comp_sum" in registry.names()) is builtin
    assert (foreign in registry.names()) is other


def test_the_same_distribution_seen_twice_is_one(foreign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copytree(tmp_path / "foreign_losses-1.0.dist-info", copy / "foreign_losses-1.0.dist-info")
    monkeypatch.syspath_prepend(str(copy))
    registry.forget()
    assert len(registry.providers()[foreign]) == 1
