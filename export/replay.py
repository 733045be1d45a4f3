"""An artifact folder against the loss it was exported from: stored vectors, fresh sizes, extreme inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from losskit.export.axes import lay_out
from losskit.export.cases import Case, ask, fresh_cases
from losskit.export.eager import output_names
from losskit.export.folder import read_folder
from losskit.export.layout import GRADIENT_COPY, GRADIENT_FILE, PT2_FILE, TORCHSCRIPT_FILE
from losskit.export.manifest import Graph, Manifest
from losskit.export.numbers import decode
from losskit.export.results import CaseResult, Replay
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.runtimes.torch_programs import exported_program, scripted_program
from losskit.export.safety import read_graph
from losskit.export.subject import Subject
from losskit.export.testdata import read_data_set
from losskit.registry import build, get
from losskit.spec.errors import ArtifactError


def verify(directory: str | Path, *, device: str = "cpu", programs: bool = False, seed: int = 1) -> Replay:
    """Check every file of an artifact against its hash, then replay its graphs.

    Each graph is compared with its stored test vectors, and with the installed loss at sizes that were neither traced
    nor stored and at extreme inputs.

    Args:
        directory: an artifact folder.
        device: ``cpu`` or ``cuda``, for ONNX Runtime and the module.
        programs: run ``model.ts.pt`` and ``model.pt2``, too. Loading one runs what it holds: only for files you trust.
        seed: of the fresh inputs.

    Returns:
        One result for each graph and case; ``ok`` says whether all passed.

    Raises:
        ArtifactError: the folder is incomplete, was changed, or holds a graph with external data, functions, foreign
            domains or unknown operators; or nothing that may be replayed.
        UnknownLossError: the loss is not installed.
        ExportError: ONNX Runtime refuses a graph.
        MissingExtraError: onnx, onnxscript or ONNX Runtime is not installed.
    """
    manifest, files = read_folder(Path(directory))
    subject = _subject(manifest)
    _check_graphs(subject, manifest, files)
    if not manifest.graphs and not programs:
        raise ArtifactError(f"{directory} holds no ONNX graph; set programs to run its torch programs")
    subject.loss.to(device)
    fresh = fresh_cases(subject, seed, device)
    results: list[CaseResult] = []
    runtime = OnnxRuntime(device)
    for graph in manifest.graphs:
        cases = (*_stored(subject, graph, files, device), *fresh)
        results += run_cases(
            graph.file, files[graph.file], runtime, subject.axes, cases, manifest.tolerance, gradient=graph.gradient
        )
    if programs:
        subject.loss.to("cpu")
        results += _run_programs(subject, manifest, files, fresh_cases(subject, seed))
    return Replay(
        loss=manifest.loss,
        parameters=manifest.parameters,
        reduction=manifest.reduction,
        device=device,
        directory=str(directory),
        results=tuple(results),
    )


def _subject(manifest: Manifest) -> Subject:
    spec = get(manifest.loss)
    parameters = decode(spec, manifest.parameters)
    loss = build(spec, reduction=manifest.reduction, **parameters).eval()
    axes = lay_out(spec, manifest.axes.ranks, manifest.axes.without)
    if set(manifest.axes.traced) != set(axes.names) or not set(manifest.axes.fixed) <= set(axes.names):
        found = ", ".join(manifest.axes.traced)
        raise ArtifactError(f"the manifest has sizes for the axes {found}, expected {', '.join(axes.names)}")
    axes = replace(axes, traced=manifest.axes.traced, fixed=frozenset(manifest.axes.fixed))
    return Subject(spec, loss, parameters, manifest.reduction, axes)


def _check_graphs(subject: Subject, manifest: Manifest, files: Mapping[str, bytes]) -> None:
    inputs = [entry.name for entry in subject.axes.inputs]
    for graph in manifest.graphs:
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


def _run_programs(
    subject: Subject, manifest: Manifest, files: Mapping[str, bytes], cases: Sequence[Case]
) -> list[CaseResult]:
    results: list[CaseResult] = []
    for path, program in ((TORCHSCRIPT_FILE, scripted_program), (PT2_FILE, exported_program)):
        if path in files:
            runtime = program(subject.axes)
            results += run_cases(path, files[path], runtime, subject.axes, cases, manifest.tolerance, gradient=True)
    return results
