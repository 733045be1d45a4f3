"""Many losses as artifact folders side by side, written by worker processes, with an index of what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from losskit.export.folder import write_file
from losskit.export.layout import FORMATS, INDEX_FILE
from losskit.export.manifest import Manifest
from losskit.spec.errors import ExportError, LosskitError, MissingExtraError, NotExportableError
from losskit.spec.model import Frozen

INDEX_VERSION: Literal[1] = 1


class GraphEntry(Frozen):
    """One graph of a folder."""

    file: str
    gradient: bool
    nodes: int
    bytes: int
    sha256: str
    operators: tuple[str, ...]


class Entry(Frozen):
    """What became of one loss: its folder and graphs, or the reason why there is none.

    Attributes:
        directory: beside the index; empty where nothing was written.
        graphs: in the folder.
        omitted: files that could not be written, with the reason.
        declared: why the spec says that there is no graph at the default parameters.
        error: what else went wrong.
    """

    directory: str = ""
    graphs: tuple[GraphEntry, ...] = ()
    omitted: dict[str, str] = Field(default_factory=dict)
    declared: str = ""
    error: str = ""


class Index(Frozen):
    """What a folder of artifacts holds, loss by loss in alphabetical order."""

    schema_version: Literal[1] = INDEX_VERSION
    reduction: Literal["mean", "sum", "none"]
    versions: dict[str, str]
    losses: dict[str, Entry]

    @property
    def ok(self) -> bool:
        """Whether every loss was written that the specs say has a graph."""
        return not any(entry.error for entry in self.losses.values())


def export_all(
    names: Sequence[str],
    directory: str | Path,
    *,
    reduction: str = "mean",
    grad: bool = False,
    targets: Collection[str] = FORMATS,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[int, int, str, Entry], None] | None = None,
) -> Index:
    """Write losses at their default parameters, each into a folder of its name, and ``index.json`` beside them.

    A loss that cannot be exported is an entry with the reason; the others are written all the same.

    Args:
        names: registered losses.
        directory: folder of the folders.
        reduction: ``mean``, ``sum`` or ``none``.
        grad: whether to write ``model_with_grad.onnx``, too.
        targets: some of ``onnx``, ``torchscript`` and ``pt2``.
        force: replace older artifacts.
        jobs: worker processes; one a core if left out.
        progress: called with the losses done, those in all, and the name and entry of the one just finished.

    Returns:
        The index, as it stands in the folder.

    Raises:
        ExportError: there is nothing to export.
        MissingExtraError: what writes graphs is not installed.
    """
    try:
        from joblib import Parallel, delayed
    except ImportError as error:
        raise MissingExtraError(
            "exporting all losses needs joblib, which is not installed; run: pip install losskit[verify]"
        ) from error
    if not names:
        raise ExportError("there is no loss to export")
    place = Path(directory)
    place.mkdir(parents=True, exist_ok=True)
    calls = [delayed(_export_one)(name, place, reduction, grad, tuple(targets), force) for name in names]
    entries: dict[str, Entry] = {}
    versions: dict[str, str] = {}
    for name, entry, manifest in Parallel(n_jobs=jobs or -1, batch_size=1, return_as="generator_unordered")(calls):
        entries[name] = entry
        versions = versions or (manifest.versions if manifest is not None else {})
        if progress is not None:
            progress(len(entries), len(names), name, entry)
    index = Index.model_validate(
        {"reduction": reduction, "versions": versions, "losses": dict(sorted(entries.items()))}
    )
    write_file(place / INDEX_FILE, index.model_dump_json(indent=2).encode())
    return index


def _export_one(
    name: str, place: Path, reduction: str, grad: bool, targets: tuple[str, ...], force: bool
) -> tuple[str, Entry, Manifest | None]:
    from losskit.export.artifact import export

    try:
        manifest = export(name, place / name, reduction=reduction, grad=grad, targets=targets, force=force)
    except MissingExtraError:
        raise
    except NotExportableError as error:
        return name, Entry(declared=_sentence(error)), None
    except LosskitError as error:
        return name, Entry(error=_sentence(error)), None
    graphs = tuple(
        GraphEntry(
            file=graph.file,
            gradient=graph.gradient,
            nodes=graph.nodes,
            bytes=manifest.files[graph.file].bytes,
            sha256=manifest.files[graph.file].sha256,
            operators=graph.operators,
        )
        for graph in manifest.graphs
    )
    return name, Entry(directory=name, graphs=graphs, omitted=manifest.omitted), manifest


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
