"""A loss as a folder of files: graphs, programs, test vectors, its spec and a manifest."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from losskit.export.axes import Dtype, GradientOf
from losskit.export.cases import Case, fresh_cases, stored_cases
from losskit.export.dynamic import Turned, find_ranges, turn
from losskit.export.extras import onnx, onnxruntime, onnxscript
from losskit.export.folder import check_target, digest, write_folder
from losskit.export.golden import golden_files, wrong_cases
from losskit.export.graphs import example_inputs, narrowed, write_graph
from losskit.export.layout import (
    FORMATS,
    GRADIENT_COPY,
    GRADIENT_FILE,
    GRADIENT_FOLDER,
    MANIFEST_FILE,
    PT2_FILE,
    SPEC_FILE,
    TORCHSCRIPT_FILE,
    VALUE_FILE,
)
from losskit.export.manifest import AxisRecord, DataSet, File, Graph, Manifest
from losskit.export.numbers import encode
from losskit.export.onnx_graph import describe_graph
from losskit.export.pt2 import to_pt2
from losskit.export.results import CaseResult, Replay
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.runtimes.torch_programs import exported_program, scripted_program
from losskit.export.safety import OPSET
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance
from losskit.export.torchscript import to_torchscript
from losskit.export.tracing import trace_value
from losskit.registry import load
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

__all__ = ["Manifest", "export"]

PROGRAMS = (TORCHSCRIPT_FILE, PT2_FILE)
NOTES = (
    "sample_weight is no input of the graphs; weigh the values of a graph with reduction none, or use model.ts.pt",
    "graphs check nothing of their own: graph_accepts in spec.json says which wrong inputs give a number all the same",
    "model.ts.pt and model.pt2 are programs: load them only from where you trust",
)


def export(
    loss: str | LossSpec | Loss,
    directory: str | Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    reduction: str = "mean",
    grad: bool = False,
    gradient_of: GradientOf = "sum",
    dynamic: Collection[str] = (),
    dynamic_grad: bool = False,
    dtype: Dtype = "float32",
    targets: Collection[str] = FORMATS,
    force: bool = False,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    ranks: Mapping[str, int] | None = None,
    without: Collection[str] = (),
) -> Manifest:
    """Write a loss as ONNX, TorchScript and torch.export, with test vectors.

    Nothing is written before every file has been run and compared with the module at sizes never traced and at extreme
    inputs; the folder then appears whole.

    Args:
        loss: a registered loss; the place of a spec, ``package.module:NAME``; a spec; or a module, with its parameters.
        directory: the folder to write; it must be new or empty, or hold an older artifact.
        parameters: of the loss, by name; they are baked in. They go before those of a module.
        reduction: ``mean``, ``sum`` or ``none``.
        grad: whether to write ``model_with_grad.onnx``, too.
        gradient_of: what of the values that graph's gradient is taken of: their ``sum`` (which for reduction mean is the
            mean), their ``mean``, or ``weighted``: it then takes the gradient that arrives from behind, ``grad_output``,
            as its last input, so that it is one step of a larger backward pass.
        dynamic: real parameters that the graphs take as inputs, tensors without axes, in place of a constant: one graph
            then serves a sweep. TorchScript and torch.export hold parameters as attributes and are not written.
        dynamic_grad: whether ``model_with_grad.onnx`` gives gradients with respect to them, too.
        dtype: of the floating-point inputs, ``float16``, ``float32`` or ``float64``. Of half-precision inputs a loss is
            computed and returned in float32, and its gradients are float16.
        targets: some of ``onnx``, ``torchscript`` and ``pt2``.
        force: replace an older artifact.
        seed: of the stored inputs.
        sizes: axes to fix at a size, such as ``{"C": 1}``; others stay dynamic unless a parameter determines them.
        ranks: number of axes for variadic shape symbols, such as ``{"*spatial": 3}``; 2 where not named.
        without: optional inputs to leave out.

    Returns:
        The manifest, as it stands in the folder.

    Raises:
        UnknownLossError: no such loss.
        ParameterError: a parameter is unknown or outside its domain.
        ExportError: the loss cannot be exported, or a graph gives other numbers than the module.
        ArtifactError: the folder holds something that would be lost.
        MissingExtraError: onnx, onnxscript or ONNX Runtime is not installed.
    """
    _check_targets(targets)
    target = Path(directory)
    check_target(target, force)
    spec, parameters = _asked(loss, parameters or {})
    subject = prepare(spec, parameters, reduction, sizes=sizes, ranks=ranks, without=without, dtype=dtype)
    ranges = find_ranges(subject, tuple(dynamic), differentiable=dynamic_grad)
    subject = turn(subject, ranges) if ranges else subject
    pulling = subject if gradient_of == "sum" else subject.pulling(gradient_of)
    tolerance = Tolerance.of(dtype)
    files, graphs = _graphs(subject, pulling, seed, tolerance, grad) if "onnx" in targets else ({}, ())
    programs, omitted = _programs(subject, targets)
    files |= programs
    _check(subject, pulling, files, graphs, seed, tolerance)
    files[SPEC_FILE] = _spec(subject)
    manifest = Manifest(
        loss=spec.name,
        parameters=encode(subject.parameters),
        reduction=subject.loss.reduction,
        dtype=dtype,
        seed=seed,
        opset=OPSET,
        tolerance=tolerance,
        axes=AxisRecord(
            traced=subject.axes.traced,
            fixed=tuple(sorted(subject.axes.fixed)),
            ranks=dict(ranks or {}),
            without=tuple(without),
        ),
        dynamic=ranges,
        graphs=graphs,
        files={path: _record(path, files[path]) for path in sorted(files)},
        omitted=omitted,
        versions=_versions(),
        notes=NOTES,
    )
    write_folder(target, {**files, MANIFEST_FILE: manifest.model_dump_json(indent=2).encode()}, force)
    return manifest


def _asked(loss: str | LossSpec | Loss, given: Mapping[str, Any]) -> tuple[LossSpec, Mapping[str, Any]]:
    """The spec of what is to be exported, and its parameters."""
    if isinstance(loss, LossSpec):
        return loss, given
    if not isinstance(loss, str):
        return loss.spec, {**loss.config()["parameters"], **given}
    specs = load(loss)
    if len(specs) != 1:
        raise ExportError(f"{loss} is {len(specs)} losses, and a folder holds one; name one of them")
    return specs[0], given


def _graphs(
    subject: Subject, pulling: Subject, seed: int, tolerance: Tolerance, grad: bool
) -> tuple[dict[str, bytes], tuple[Graph, ...]]:
    """The ONNX files with their data sets, each graph beside its own in the layout of ONNX's test runners."""
    described = {
        "loss": subject.spec.name,
        "parameters": encode(subject.parameters),
        "reduction": subject.reduction,
        "dtype": subject.axes.dtype,
        "seed": seed,
        "spec_sha256": digest(_spec(subject)),
    }
    files: dict[str, bytes] = {}
    graphs = []
    kinds = ((subject, VALUE_FILE, "", False), (pulling, GRADIENT_FILE, f"{GRADIENT_FOLDER}/", True))
    for one, file, prefix, gradient in kinds[: 1 + grad]:
        stored, content = stored_cases(one, seed), write_graph(one, gradient=gradient)
        wrong = wrong_cases(one, seed)
        files[file] = content
        files |= golden_files(one, content, stored, wrong, prefix, described, tolerance, gradient=gradient)
        sets = [DataSet(folder=f"{prefix}test_data_set_{n}", sizes=case.sizes) for n, case in enumerate(stored)]
        graphs.append(describe_graph(content, file, gradient, one.axes.gradient_of if gradient else "sum", sets))
        if gradient:
            files[GRADIENT_COPY] = content
    return files, tuple(graphs)


def _spec(subject: Subject) -> bytes:
    return subject.spec.model_dump_json(indent=2).encode()


def _programs(subject: Subject, targets: Collection[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Torch's own formats, and the reason for one that the spec says this loss does not have."""
    if isinstance(subject.loss, Turned):
        taken = ", ".join(subject.loss.names)
        return {}, dict.fromkeys(PROGRAMS, f"only graphs take {taken} as inputs")
    files, omitted = {}, {}
    if "torchscript" in targets:
        reason = narrowed(subject, "Scripts")
        if reason:
            omitted[TORCHSCRIPT_FILE] = reason
        else:
            files[TORCHSCRIPT_FILE] = to_torchscript(subject.loss)
    if "pt2" in targets:
        files[PT2_FILE] = to_pt2(trace_value(subject.loss, subject.axes, example_inputs(subject)))
    return files, omitted


def _check(
    subject: Subject,
    pulling: Subject,
    files: Mapping[str, bytes],
    graphs: Sequence[Graph],
    seed: int,
    tolerance: Tolerance,
) -> None:
    """Run every file on every case before anything is written."""
    results: list[CaseResult] = []
    runtime = OnnxRuntime()
    cases = _cases(subject, seed)
    pulled = cases if pulling is subject else _cases(pulling, seed)
    for graph in graphs:
        one, given = (pulling, pulled) if graph.gradient else (subject, cases)
        results += run_cases(
            graph.file, files[graph.file], runtime, one.axes, given, tolerance, gradient=graph.gradient
        )
    for path, program in zip(PROGRAMS, (scripted_program, exported_program), strict=True):
        if path in files:
            results += run_cases(
                path, files[path], program(subject.axes), subject.axes, cases, tolerance, gradient=True
            )
    outcome = Replay(
        loss=subject.spec.name, parameters=subject.parameters, reduction=subject.reduction, results=tuple(results)
    )
    if not outcome.ok:
        raise ExportError(outcome.failure)


def _cases(subject: Subject, seed: int) -> tuple[Case, ...]:
    return (*stored_cases(subject, seed), *fresh_cases(subject, seed))


def _record(path: str, content: bytes) -> File:
    return File(sha256=digest(content), bytes=len(content), reproducible=path not in PROGRAMS)


def _versions() -> dict[str, str]:
    return {
        "losskit": version("losskit"),
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "onnxscript": onnxscript.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _check_targets(targets: Collection[str]) -> None:
    if isinstance(targets, str) or not targets or not set(targets) <= set(FORMATS):
        raise ExportError(f"targets must be a list of {', '.join(FORMATS)}, found {targets!r}")
