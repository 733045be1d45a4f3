"""Artifact folders on disk: written whole or not at all, and read with suspicion."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from pydantic import ValidationError

from losskit.export.layout import MANIFEST_FILE
from losskit.export.manifest import Manifest
from losskit.spec.errors import ArtifactError

MAX_FILE = 64 * 2**20
MAX_FILES = 1000


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def check_target(target: Path, force: bool) -> None:
    """Refuse to write where something is that would be lost.

    Raises:
        ArtifactError: the folder holds files and ``force`` is not set, or holds something else than an artifact.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ArtifactError(f"{target} is no folder; name a folder that is to be written")
    if not target.exists() or not any(target.iterdir()):
        return
    if not (target / MANIFEST_FILE).is_file():
        raise ArtifactError(f"{target} holds other files and no {MANIFEST_FILE}; name a new or an empty folder")
    if not force:
        raise ArtifactError(f"{target} already holds an artifact; name another folder or set force to replace it")


def write_folder(target: Path, files: Mapping[str, bytes], force: bool) -> None:
    """Write files to a folder beside the target and rename it: nobody ever sees half an artifact.

    Raises:
        ArtifactError: as :func:`check_target`.
    """
    check_target(target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        made = workshop / "new"
        for path, content in files.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if target.exists():
            os.replace(target, workshop / "old")
        os.replace(made, target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def write_file(target: Path, content: bytes) -> None:
    """Write a file under another name and rename it: nobody ever sees half of it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(name, target)


def read_folder(directory: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest of a folder and the content of every file it names, each checked against its hash.

    Files the manifest does not name are never opened.

    Raises:
        ArtifactError: no manifest, a file that is missing, too large, outside the folder or not the one that was written.
    """
    manifest = _read_manifest(directory)
    if len(manifest.files) > MAX_FILES:
        raise ArtifactError(
            f"{directory / MANIFEST_FILE} names {len(manifest.files)} files, at most {MAX_FILES} are read"
        )
    return manifest, {path: _read_checked(directory, path, manifest) for path in manifest.files}


def _read_manifest(directory: Path) -> Manifest:
    path = directory / MANIFEST_FILE
    if not path.is_file():
        raise ArtifactError(f"{directory} is no artifact folder: it holds no {MANIFEST_FILE}")
    if path.stat().st_size > MAX_FILE:
        raise ArtifactError(f"{path} is larger than {MAX_FILE} bytes")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its content"
        raise ArtifactError(f"{path} is no manifest of version 1: {where}: {first['msg']}") from error


def _read_checked(directory: Path, path: str, manifest: Manifest) -> bytes:
    file = _inside(directory, path)
    if not file.is_file():
        raise ArtifactError(f"{path} is missing from {directory}")
    if file.stat().st_size > MAX_FILE:
        raise ArtifactError(f"{path} is larger than {MAX_FILE} bytes")
    content = file.read_bytes()
    if digest(content) != manifest.files[path].sha256:
        raise ArtifactError(f"{path} is not the file that was exported: its sha256 differs from the manifest's")
    return content


def _inside(directory: Path, path: str) -> Path:
    """The file of a relative path that stays within the folder, links included."""
    pure = PurePosixPath(path)
    windows = PureWindowsPath(path)
    plain = not (pure.is_absolute() or windows.drive or windows.root or ".." in pure.parts or "\\" in path)
    file = directory / path
    if not plain or not file.resolve().is_relative_to(directory.resolve()):
        raise ArtifactError(f"the manifest names {path!r}, expected a file inside {directory}")
    return file
