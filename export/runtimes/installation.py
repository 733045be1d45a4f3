"""What runtimes outside Python need: npm packages from a lock file, a program built against LibTorch; kept in a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs
import torch

from losskit.spec.errors import ExportError

HERE = Path(__file__).parent
JAVASCRIPT = HERE / "javascript"
LIBTORCH = HERE / "cpp"
VARIABLE = "LOSSKIT_CACHE"
_TAIL = 3


def cache() -> Path:
    """Where installed runtimes are kept: ``LOSSKIT_CACHE``, or the user's cache folder."""
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("losskit"))


def npm_folder() -> Path:
    """Where the npm packages of this version stand once installed."""
    return cache() / f"npm-{_fingerprint(JAVASCRIPT / 'package-lock.json')}"


def libtorch_program() -> Path:
    """Where the program for this version of torch stands once built."""
    return cache() / f"libtorch-{_fingerprint(*sorted(LIBTORCH.iterdir()), salt=torch.__version__)}" / "session"


def install_npm() -> None:
    """Install the npm packages of the lock file, without running any script of theirs.

    Raises:
        ExportError: npm is missing or fails; nothing is left behind then.
    """
    with _Workshop(npm_folder()) as workshop:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(JAVASCRIPT / name, workshop)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], workshop, "Node.js 20 or newer with npm")


def build_libtorch() -> None:
    """Build the program that runs TorchScript in C++.

    Raises:
        ExportError: CMake or a compiler is missing or fails; nothing is left behind then.
    """
    with _Workshop(libtorch_program().parent) as workshop:
        prefix = torch.utils.cmake_prefix_path
        configure = [
            "cmake",
            "-S",
            str(LIBTORCH),
            "-B",
            "build",
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_PREFIX_PATH={prefix}",
        ]
        for command in (configure, ["cmake", "--build", "build", "--config", "Release"]):
            _run(command, workshop, "CMake 3.18 or newer and a C++ compiler")
        shutil.move(workshop / "build" / "session", workshop / "session")
        shutil.rmtree(workshop / "build")


class _Workshop:
    """A folder that takes its place when all went well, and vanishes otherwise."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> Path:
        self._place.parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f".{self._place.name}.", dir=self._place.parent))
        return self._folder

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and not self._place.exists():
            os.replace(self._folder, self._place)
        shutil.rmtree(self._folder, ignore_errors=True)


def _fingerprint(*files: Path, salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _run(command: Sequence[str], folder: Path, needs: str) -> None:
    if shutil.which(command[0]) is None:
        raise ExportError(f"{command[0]} is not installed; install {needs}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise ExportError(f"{' '.join(command[:2])} fails: {' '.join(lines[-_TAIL:])}")
