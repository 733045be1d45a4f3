"""The public names of losskit."""

import subprocess
import sys
from types import ModuleType

import pytest

import losskit


def test_all_names_exist_and_are_sorted() -> None:
    assert [name for name in losskit.__all__ if not hasattr(losskit, name)] == []
    assert sorted(losskit.__all__) == losskit.__all__
    assert len(set(losskit.__all__)) == len(losskit.__all__)


def test_all_names_are_the_public_names() -> None:
    for name in losskit.__all__:
        getattr(losskit, name)  # what is imported when it is first asked for
    own = {
        name
        for name, value in vars(losskit).items()
        if getattr(value, "__module__", "").startswith("losskit") and not name.startswith("_")
    }
    assert own - {"lazily"} | {"export", "__version__"} == set(losskit.__all__)


def test_the_version_is_the_distribution_s() -> None:
    from importlib.metadata import version

    assert losskit.__version__ == version("losskit")


def test_every_public_function_says_what_it_does() -> None:
    for name in set(losskit.__all__) - {"__version__"}:
        value = getattr(losskit, name)
        assert value.__doc__, name
        assert callable(value), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'losskit' has no attribute 'croate'"):
        losskit.croate  # noqa: B018


def test_export_is_callable_before_and_after_its_package_is_imported() -> None:
    assert callable(losskit.export)
    from losskit import export

    assert isinstance(export, ModuleType) or callable(export)
    assert callable(losskit.export)


def test_importing_losskit_imports_neither_torch_nor_numpy_nor_a_plugin() -> None:
    code = "import sys, losskit; print([m for m in sys.modules if m.startswith(('torch', 'numpy', 'losskit.plugins'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
