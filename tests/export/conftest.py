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


@pytest.fixture
def copied(artifact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(artifact, tmp_path / "copied"))
