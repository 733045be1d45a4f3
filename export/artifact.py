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
from losskit.export.dynamic import find_ranges, turn
from losskit.export.extras import onnx, onnxruntime, onnxscript
from losskit.export.folder import check_target, digest, write_folder
from losskit.export.layout import MANIFEST_FILE, SPEC_FILE
from losskit.export.manifest import AxisRecord, File, Manifest
from losskit.export.numbers import encode
from losskit.export.results import CaseResult, Replay
from losskit.export.running import run_cases
from losskit.export.safety import OPSET
from losskit.export.subject import Subject, prepare
from losskit.export.targets import Order, Written, choose, joined, write
from losskit.export.tolerance import Tolerance
from losskit.export.writers import spec_json
from losskit.registry import load, resolve
from losskit.registry.extensions import Offer
from losskit.spec import ExportTarget, LossSpec
from losskit.spec.errors import ExportError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

__all__ = ["Manifest", "export"]

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
    targets: Collection[str] | None = None,
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
        targets: some of ``onnx``, ``torchscript``, ``pt2`` and those of extensions, or ``all``; the three if left out.
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
    chosen = choose(targets)
    target = Path(directory)
    check_target(target, force)
    spec, parameters = _asked(loss, parameters or {})
    subject = prepare(spec, parameters, reduction, sizes=sizes, ranks=ranks, without=without, dtype=dtype)
    ranges = find_ranges(subject, tuple(dynamic), differentiable=dynamic_grad)
    subject = turn(subject, ranges) if ranges else subject
    pulling = subject if gradient_of == "sum" else subject.pulling(gradient_of)
    order = Order(subject, pulling, grad, seed, Tolerance.of(dtype))
    parts = {offer.record.name: write(offer, order) for offer in chosen}
    files = joined(parts)
    _check(order, chosen, parts)
    files[SPEC_FILE] = spec_json(subject)
    unstable = {path for written in parts.values() if not written.reproducible for path in written.files}
    manifest = Manifest(
        loss=spec.name,
        parameters=encode(subject.parameters),
        reduction=subject.loss.reduction,
        dtype=dtype,
        seed=seed,
        opset=OPSET,
        tolerance=order.tolerance,
        axes=AxisRecord(
            traced=subject.axes.traced,
            fixed=tuple(sorted(subject.axes.fixed)),
            ranks=dict(ranks or {}),
            without=tuple(without),
        ),
        dynamic=ranges,
        graphs=tuple(graph for written in parts.values() for graph in written.graphs),
        files={path: _record(files[path], path not in unstable) for path in sorted(files)},
        omitted={path: reason for written in parts.values() for path, reason in written.omitted.items()},
        versions=_versions(),
        notes=(*NOTES, *_unchecked(chosen, parts)),
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


def _check(order: Order, chosen: Sequence[Offer[ExportTarget]], parts: Mapping[str, Written]) -> None:
    """Run every file that can be run on every case before anything is written."""
    results: list[CaseResult] = []
    subject, pulling = order.subject, order.pulling
    cases = _cases(subject, order.seed)
    pulled = cases if pulling is subject else _cases(pulling, order.seed)
    for target in (offer.record for offer in chosen if offer.record.check):
        written = parts[target.name]
        of_graphs = [(graph.file, graph.gradient, pulling if graph.gradient else subject) for graph in written.graphs]
        main = [(target.file, target.gradient, subject)] if target.file in written.files else []
        for file, gradient, one in of_graphs or main:
            runtime = resolve(target.name, target.check)(one.axes, "cpu")
            given = pulled if one is pulling else cases
            content = written.files[file]
            results += run_cases(file, content, runtime, one.axes, given, order.tolerance, gradient=gradient)
    outcome = Replay(
        loss=subject.spec.name, parameters=subject.parameters, reduction=subject.reduction, results=tuple(results)
    )
    if results and not outcome.ok:
        raise ExportError(outcome.failure)


def _unchecked(chosen: Sequence[Offer[ExportTarget]], parts: Mapping[str, Written]) -> list[str]:
    """What nobody has compared with the loss."""
    return [
        f"{', '.join(sorted(parts[offer.record.name].files))}: written by {offer.provider}, not compared with the loss"
        for offer in chosen
        if not offer.record.check and parts[offer.record.name].files
    ]


def _cases(subject: Subject, seed: int) -> tuple[Case, ...]:
    return (*stored_cases(subject, seed), *fresh_cases(subject, seed))


def _record(content: bytes, reproducible: bool) -> File:
    return File(sha256=digest(content), bytes=len(content), reproducible=reproducible)


def _versions() -> dict[str, str]:
    return {
        "losskit": version("losskit"),
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "onnxscript": onnxscript.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
