"""What an export writes: the targets asked for, each with what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from losskit.export.layout import MANIFEST_FILE, SPEC_FILE
from losskit.registry import extensions, resolve
from losskit.registry.extensions import TARGETS, Offer
from losskit.spec import ExportTarget
from losskit.spec.errors import ExportError, LosskitError

if TYPE_CHECKING:
    from losskit.export.manifest import Graph
    from losskit.export.subject import Subject
    from losskit.export.tolerance import Tolerance


@dataclass(frozen=True)
class Order:
    """What a target is to write.

    Attributes:
        subject: the loss with its parameters, reduction and axes.
        pulling: the same for a graph of gradients, which may be taken of something else than the sum of the values.
        grad: whether a graph of value and gradients is wanted, too.
        seed: of stored inputs.
        tolerance: within which what is written must agree with the loss.
    """

    subject: Subject
    pulling: Subject
    grad: bool
    seed: int
    tolerance: Tolerance


@dataclass(frozen=True)
class Written:
    """What a target has written.

    Attributes:
        files: their content, by path with forward slashes.
        graphs: descriptions of those that are ONNX graphs.
        omitted: files that could not be written, with the reason.
        reproducible: whether another export with the same versions gives the same bytes.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    graphs: tuple[Graph, ...] = ()
    omitted: Mapping[str, str] = field(default_factory=dict)
    reproducible: bool = True


def choose(names: Collection[str] | None) -> tuple[Offer[ExportTarget], ...]:
    """Targets by name, losskit's own first; its own where none is asked for, and every one for ``all``.

    Raises:
        ExportError: no target has this name.
        PluginError: two extensions offer it.
    """
    if names is None:
        return tuple(extensions.own(TARGETS).values())
    if isinstance(names, str) or not names:
        raise ExportError(f"targets must be a list of {', '.join(extensions.own(TARGETS))}, found {names!r}")
    if "all" in names:
        return tuple(extensions.every(TARGETS).values())
    found = {name: extensions.get(TARGETS, name) for name in dict.fromkeys(names)}
    for name, offer in found.items():
        if offer is None:
            raise ExportError(extensions.unknown(TARGETS, name, "all"))
    order = list(extensions.own(TARGETS))
    chosen = [offer for offer in found.values() if offer is not None]
    return tuple(sorted(chosen, key=lambda o: order.index(o.record.name) if o.record.name in order else len(order)))


def write(offer: Offer[ExportTarget], order: Order) -> Written:
    """Write one target.

    Raises:
        ExportError: the loss cannot be written so, or a target of an extension fails.
        PluginError: its code cannot be imported.
    """
    target = offer.record
    written = _called(offer, resolve(target.name, target.write), order)
    if not isinstance(written, Written):
        raise ExportError(f"the {_who(offer)} returns {type(written).__name__}, expected {Written.__name__}")
    for path, content in written.files.items():
        _check_path(offer, path)
        if not isinstance(content, bytes):
            raise ExportError(f"the {_who(offer)} gives {path} as {type(content).__name__}, expected bytes")
    if target.file not in {*written.files, *written.omitted}:
        raise ExportError(f"the {_who(offer)} neither writes {target.file} nor says why it is omitted")
    return written


def joined(parts: Mapping[str, Written]) -> dict[str, bytes]:
    """The files of all targets.

    Raises:
        ExportError: two targets write one file.
    """
    writers: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for name, written in parts.items():
        for path, content in written.files.items():
            if path in writers:
                raise ExportError(f"the export targets {writers[path]} and {name} both write {path}; export them apart")
            writers[path], files[path] = name, content
    return files


def by_name(name: str) -> ExportTarget | None:
    """The target of a name, if there is one."""
    offer = extensions.get(TARGETS, name)
    return None if offer is None else offer.record


def _called(offer: Offer[ExportTarget], function: Any, order: Order) -> Any:
    try:
        return function(order)
    except LosskitError:
        raise
    except Exception as error:
        if offer.provider.builtin:  # nobody else is to be blamed
            raise
        first = (str(error).strip().splitlines() or ["no message"])[0]
        raise ExportError(f"the {_who(offer)} fails: {type(error).__name__}: {first}") from error


def _check_path(offer: Offer[ExportTarget], path: str) -> None:
    pure, windows = PurePosixPath(path), PureWindowsPath(path)
    outside = pure.is_absolute() or windows.drive or windows.root or ".." in pure.parts or "\\" in path
    if not path or outside or str(pure) in (MANIFEST_FILE, SPEC_FILE, "."):
        raise ExportError(f"the {_who(offer)} writes {path!r}, expected a file of its own inside the folder")


def _who(offer: Offer[ExportTarget]) -> str:
    return f"export target {offer.record.name} of {offer.provider}"
