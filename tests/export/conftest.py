"""One small artifact, exported once, and copies of it to tamper with."""

import shutil
from pathlib import Path

import pytest

import losskit

PARAMETERS = {"tau": 1.5}


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "comp_sum"
    losskit.export("comp_sum", folder, parameters=PARAMETERS, grad=True)
    return folder


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same loss by the dtype of its inputs."""
    place = tmp_path_factory.mktemp("bundles")
    folders = {dtype: place / dtype for dtype in ("float16", "float64")}
    for dtype, folder in folders.items():
        losskit.export("comp_sum", folder, parameters=PARAMETERS, grad=True, dtype=dtype)
    return folders


@pytest.fixture
def copied(artifact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artifact, tmp_path / "copied"))
