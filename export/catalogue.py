"""Many losses as artifact folders side by side, written by worker processes, with an index of what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue

from losskit.export.axes import Dtype
from losskit.export.folder import write_file
from losskit.export.layout import INDEX_FILE
from losskit.export.manifest import Manifest
from losskit.export.numbers import encode
from losskit.export.variants import Variant, variants
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
    """What became of a loss at one set of parameters: its folder and graphs, or the reason why there is none.

    Attributes:
        loss: its name.
        parameters: those that differ from the defaults.
        directory: beside the index; empty where nothing was written.
        graphs: in the folder.
        omitted: files that could not be written, with the reason.
        declared: why the spec says that there is no graph at these parameters.
        error: what else went wrong.
    """

    loss: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    directory: str = ""
    graphs: tuple[GraphEntry, ...] = ()
    omitted: dict[str, str] = Field(default_factory=dict)
    declared: str = ""
    error: str = ""


class Index(Frozen):
    """What a folder of artifacts holds, in alphabetical order.

    Attributes:
        reduction: of every loss.
        dtype: of every floating-point input.
        versions: of what wrote the folders.
        losses: by name, and by name and ``--other`` where a loss was written at other parameters, too.
    """

    schema_version: Literal[1] = INDEX_VERSION
    reduction: Literal["mean", "sum", "none"]
    dtype: Literal["float16", "float32", "float64"] = "float32"
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
    others: bool = False,
    reduction: str = "mean",
    grad: bool = False,
    dtype: Dtype = "float32",
    targets: Collection[str] | None = None,
    force: bool = False,
    jobs: int | None = None,
    progress: Callable[[int, int, str, Entry], None] | None = None,
) -> Index:
    """Write losses at their default parameters, each into a folder of its name, and ``index.json`` beside them.

    A loss that cannot be exported is an entry with the reason; the others are written all the same.

    Args:
        names: registered losses.
        directory: folder of the folders.
        others: write each loss at one other set of parameters, too, that of its first worked example which has one, into
            a folder of its name and ``--other``.
        reduction: ``mean``, ``sum`` or ``none``.
        grad: whether to write ``model_with_grad.onnx``, too.
        dtype: of the floating-point inputs.
        targets: some of ``onnx``, ``torchscript``, ``pt2`` and those of extensions; the three if left out.
        force: replace older artifacts.
        jobs: worker processes; one a core if left out.
        progress: called with the folders done, those in all, and the name and entry of the one just finished.

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
    options = {
        "reduction": reduction,
        "grad": grad,
        "dtype": dtype,
        "targets": None if targets is None else tuple(targets),
        "force": force,
    }
    wanted = list(variants(names, others=others))
    calls = [delayed(_export_one)(variant, place, options) for variant in wanted]
    entries: dict[str, Entry] = {}
    versions: dict[str, str] = {}
    for name, entry, manifest in Parallel(n_jobs=jobs or -1, batch_size=1, return_as="generator_unordered")(calls):
        entries[name] = entry
        versions = versions or (manifest.versions if manifest is not None else {})
        if progress is not None:
            progress(len(entries), len(wanted), name, entry)
    index = Index.model_validate(
        {"reduction": reduction, "dtype": dtype, "versions": versions, "losses": dict(sorted(entries.items()))}
    )
    write_file(place / INDEX_FILE, index.model_dump_json(indent=2).encode())
    return index


def _export_one(variant: Variant, place: Path, options: dict[str, Any]) -> tuple[str, Entry, Manifest | None]:
    from losskit.export.artifact import export

    entry = Entry(loss=variant.loss, parameters=encode(variant.parameters))
    try:
        manifest = export(variant.loss, place / variant.folder, parameters=variant.parameters, **options)
    except MissingExtraError:
        raise
    except NotExportableError as error:
        return variant.folder, entry.model_copy(update={"declared": _sentence(error)}), None
    except LosskitError as error:
        return variant.folder, entry.model_copy(update={"error": _sentence(error)}), None
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
    written = {"directory": variant.folder, "graphs": graphs, "omitted": manifest.omitted}
    return variant.folder, entry.model_copy(update=written), manifest


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
