"""A package as a folder: written beside its place, read back, and renamed into it whole."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from losskit.cli.scaffold import pages, rehome
from losskit.cli.scaffold.order import Order
from losskit.spec import LossSpec
from losskit.spec.errors import ScaffoldError


@dataclass(frozen=True)
class Written:
    """A package that was written.

    Attributes:
        folder: where it lies.
        files: what it holds, relative to the folder.
        spec: what the loss says of itself.
    """

    folder: Path
    files: tuple[str, ...]
    spec: LossSpec


def write(order: Order, folder: Path) -> Written:
    """Write a package for a new loss.

    Args:
        order: what it is called, and what it starts from.
        folder: where it goes; it may exist if it is empty.

    Raises:
        ScaffoldError: something is there, or the loss it should start from cannot be a start.
        MissingExtraError: jinja2 is not installed.
    """
    check_folder(folder)
    if order.start:
        start = rehome.read(order.start)
        modules, source, licence = rehome.modules(order, start), start.source, start.licence
    else:
        modules, source, licence = pages.from_task(order), "", ""
    files = {f"src/{order.package}/{name}": text for name, text in modules.items()}
    files |= {f"src/{order.package}/py.typed": "", **pages.around(order, source)}
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        _put(files, made)
        with _importable(made / "src", order.package):
            spec = _read_back(order)
            files["README.md"] = pages.card(order, spec, licence)
        _put({"README.md": files["README.md"]}, made)
        made.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return Written(folder, tuple(sorted(files)), spec)


def check_folder(folder: Path) -> Path:
    """The folder, if a package may be written there.

    Raises:
        ScaffoldError: it holds something, or is a file.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ScaffoldError(f"{folder} is no folder, and nothing is overwritten; choose another one with --output")
    if folder.is_dir():
        found = sorted(path.name for path in folder.iterdir())
        if found:
            raise ScaffoldError(
                f"{folder} holds {found[0]}{' and more' if found[1:] else ''}, and nothing is overwritten; "
                "choose another folder with --output"
            )
    return folder


def _put(files: Mapping[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _read_back(order: Order) -> LossSpec:
    """The spec as the written package builds it: what contradicts itself is found before anybody installs it."""
    spec = importlib.import_module(order.package).SPEC
    if not isinstance(spec, LossSpec) or spec.name != order.name:
        raise ScaffoldError(f"the package for {order.name} holds no spec of that name, which is a mistake of losskit's")
    return spec


@contextmanager
def _importable(place: Path, package: str) -> Iterator[None]:
    from losskit.spec.references import entries

    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(place))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(place))
        sys.dont_write_bytecode = kept
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
        entries.cache_clear()
