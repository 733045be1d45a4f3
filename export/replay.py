"""An artifact folder against the loss it was exported from: stored vectors, fresh sizes, extreme inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path

from pydantic import ValidationError

from losskit.export.axes import lay_out
from losskit.export.cases import Case, ask, fresh_cases
from losskit.export.dynamic import turn
from losskit.export.eager import output_names
from losskit.export.folder import read_folder
from losskit.export.layout import GRADIENT_COPY, GRADIENT_FILE, SPEC_FILE
from losskit.export.manifest import Graph, Manifest
from losskit.export.numbers import decode
from losskit.export.results import CaseResult, NotTaken, Replay
from losskit.export.running import run_cases
from losskit.export.runtimes import NotTakenError, Runtime
from losskit.export.runtimes.table import Kind, choose
from losskit.export.safety import read_graph
from losskit.export.subject import Subject
from losskit.export.targets import by_name
from losskit.export.testdata import read_data_set
from losskit.registry import build, get, names, recomposed
from losskit.spec import ExportTarget, LossSpec
from losskit.spec.errors import ArtifactError, ExportError, LosskitError


def verify(directory: str | Path, *, device: str = "cpu", runtimes: Sequence[str] = ("ort",), seed: int = 1) -> Replay:
    """Check every file of an artifact against its hash, then replay its graphs and programs.

    Each is compared with the stored test vectors, and with the installed loss at sizes that were neither traced nor
    stored and at extreme inputs.

    Args:
        directory: an artifact folder.
        device: ``cpu`` or ``cuda``, for ONNX Runtime and the module.
        runtimes: where to replay: ``ort``, ``reference``, ``openvino``, ``node``, ``web`` for graphs; ``torchscript``,
            ``libtorch``, ``pt2`` for ``model.ts.pt`` and ``model.pt2``; those of extensions; ``all`` for every one. Those
            two files are programs, and loading one runs what it holds: only for files you trust.
        seed: of the fresh inputs.

    Returns:
        One result for each graph and case; ``ok`` says whether all passed.

    Raises:
        ArtifactError: the folder is incomplete, was changed, or holds a graph with external data, functions, foreign
            domains or unknown operators; or nothing that may be replayed.
        UnknownLossError: the loss is not installed.
        ExportError: a runtime is unknown or not ready.
        MissingExtraError: onnx, onnxscript or ONNX Runtime is not installed.
    """
    chosen = choose(runtimes)
    manifest, files = read_folder(Path(directory))
    subject = _subject(manifest, files)
    _check_graphs(subject, manifest, files)
    if not any(_files(kind, manifest, files) for kind in chosen):
        raise ArtifactError(f"{directory} holds no file that {' or '.join(kind.name for kind in chosen)} runs")
    subject.loss.to(device)
    subjects = {graph.file: _pulling(subject, graph) for graph in manifest.graphs}
    own = fresh_cases(subject, seed, device)
    cases = {
        graph.file: (
            *_stored(subjects[graph.file], graph, files, device),
            *(own if subjects[graph.file] is subject else fresh_cases(subjects[graph.file], seed, device)),
        )
        for graph in manifest.graphs
    }
    of_sum = GRADIENT_FILE in cases and subjects[GRADIENT_FILE] is subject
    of_programs = cases[GRADIENT_FILE] if of_sum else own  # their gradient is autograd's, of the sum
    results: list[CaseResult] = []
    not_taken: list[NotTaken] = []
    for kind in chosen:
        runtime, taken = kind.make(subject.axes, device), _files(kind, manifest, files)
        if not taken:
            file = _target(kind).file
            reason = manifest.omitted.get(file, f"the folder holds no {file}")
            not_taken.append(NotTaken(graph=file, runtime=runtime.name, reason=reason))
        for file, gradient in taken:
            axes, given = subjects.get(file, subject).axes, cases.get(file, of_programs)
            try:
                results += run_cases(file, files[file], runtime, axes, given, manifest.tolerance, gradient=gradient)
            except NotTakenError as error:
                not_taken.append(NotTaken(graph=file, runtime=runtime.name, reason=str(error)))
            except ExportError as error:  # of this file in this runtime alone
                results.append(_refused(file, runtime, str(error)))
    return Replay(
        loss=manifest.loss,
        parameters=manifest.parameters,
        reduction=manifest.reduction,
        device=device,
        directory=str(directory),
        results=tuple(results),
        not_taken=tuple(not_taken),
    )


def _spec(manifest: Manifest, files: Mapping[str, bytes]) -> LossSpec:
    """The installed loss, or the composite of installed losses that the folder describes."""
    if manifest.loss in names():
        return get(manifest.loss)
    try:
        stored = LossSpec.model_validate_json(files.get(SPEC_FILE, b""))
    except (ValidationError, LosskitError):
        stored = None
    # nothing but a composite is taken from a folder: a spec names code, and what it names would run
    return recomposed(stored) if stored is not None and stored.parts else get(manifest.loss)


def _subject(manifest: Manifest, files: Mapping[str, bytes]) -> Subject:
    spec = _spec(manifest, files)
    parameters = decode(spec, manifest.parameters)
    loss = build(spec, reduction=manifest.reduction, **parameters).eval()
    axes = lay_out(spec, manifest.axes.ranks, manifest.axes.without)
    if set(manifest.axes.traced) != set(axes.names) or not set(manifest.axes.fixed) <= set(axes.names):
        found = ", ".join(manifest.axes.traced)
        raise ArtifactError(f"the manifest has sizes for the axes {found}, expected {', '.join(axes.names)}")
    axes = replace(axes, traced=manifest.axes.traced, fixed=frozenset(manifest.axes.fixed), dtype=manifest.dtype)
    subject = Subject(spec, loss, parameters, manifest.reduction, axes)
    return turn(subject, manifest.dynamic) if manifest.dynamic else subject


def _pulling(subject: Subject, graph: Graph) -> Subject:
    return subject if graph.gradient_of == "sum" else subject.pulling(graph.gradient_of)


def _refused(file: str, runtime: Runtime, reason: str) -> CaseResult:
    return CaseResult(
        graph=file, runtime=runtime.name, case="loading", sizes={}, worst=inf, passed=False, reason=reason
    )


def _files(kind: Kind, manifest: Manifest, files: Mapping[str, bytes]) -> list[tuple[str, bool]]:
    """The files that a runtime takes, each with whether it gives gradients."""
    if kind.runs == "onnx":
        return [(graph.file, graph.gradient) for graph in manifest.graphs]
    target = _target(kind)
    return [(target.file, target.gradient)] if target.file in files else []


def _target(kind: Kind) -> ExportTarget:
    target = by_name(kind.runs)
    if target is None:
        raise ExportError(
            f"runtime {kind.name} of {kind.offer.provider} runs files of the export target {kind.runs!r}, and there is none"
        )
    return target


def _check_graphs(subject: Subject, manifest: Manifest, files: Mapping[str, bytes]) -> None:
    for graph in manifest.graphs:
        inputs = [entry.name for entry in _pulling(subject, graph).axes.inputs]
        if graph.file not in files:
            raise ArtifactError(f"the manifest describes the graph {graph.file} and has no hash for it")
        model = read_graph(files[graph.file], graph.file)
        found = [entry.name for entry in model.graph.input]
        if found != inputs:
            raise ArtifactError(f"{graph.file} has the inputs {', '.join(found)}, expected {', '.join(inputs)}")
    if files.get(GRADIENT_COPY, b"") != files.get(GRADIENT_FILE, b""):
        raise ArtifactError(f"{GRADIENT_COPY} is not the graph {GRADIENT_FILE}, of which it is a copy")


def _stored(subject: Subject, graph: Graph, files: Mapping[str, bytes], device: str) -> Sequence[Case]:
    names = output_names(subject.axes, graph.gradient)
    cases = []
    for data_set in graph.data_sets:
        inputs, outputs = read_data_set(files, data_set.folder, (e.name for e in subject.axes.inputs), names)
        _, rounding = ask(subject, inputs, device)
        cases.append(Case(data_set.folder, data_set.sizes, inputs, outputs, rounding))
    return cases
