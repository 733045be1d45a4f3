"""``data.json``: what a folder of test vectors holds, for runners that know nothing of losskit.

It stands beside ``model.onnx``, where the ONNX project's own runner looks for ``rtol`` and ``atol``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import JsonValue

from losskit.export.cases import Case
from losskit.export.data import Array, draw
from losskit.export.eager import output_names, value_and_gradient
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject
from losskit.export.testdata import data_set_files
from losskit.export.tolerance import Tolerance
from losskit.spec.errors import ExportError, LosskitError
from losskit.spec.model import Frozen
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Probability

DATA_VERSION: Literal[1] = 1
DATA_FILE = "data.json"
_WRONG_FOLDER = "error_set_{}"


class Stored(Frozen):
    """A data set: inputs and outputs in files, in the order of the graph's inputs and outputs."""

    folder: str
    case: str
    sizes: dict[str, int]


class Refused(Frozen):
    """Inputs that the module refuses: ``input_i.pb`` without outputs.

    Attributes:
        folder: holds the inputs.
        module: what the module says.
        graph: what the graph answers in ONNX Runtime: ``fails``, ``number`` or ``nan``.
    """

    folder: str
    module: str
    graph: Literal["fails", "number", "nan"]


class GoldenData(Frozen):
    """The content of ``data.json``; the names ``rtol`` and ``atol`` are those of ONNX's own runner.

    ``dtype`` is that of the floating-point inputs. Where it is float16, the value is float32 all the same, and a graph
    with gradients has an ``rtol`` that lets neighbouring numbers of float16 pass, as gradients are rounded to it.
    """

    schema_version: Literal[1] = DATA_VERSION
    loss: str
    parameters: dict[str, JsonValue]
    reduction: str
    dtype: Literal["float16", "float32", "float64"] = "float32"
    seed: int
    rtol: float
    atol: float
    spec_sha256: str
    model: str = "model.onnx"
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    data_sets: tuple[Stored, ...]
    errors: tuple[Refused, ...]


@dataclass(frozen=True)
class Wrong:
    """Inputs the module refuses, with its sentence."""

    inputs: dict[str, Array]
    sentence: str


def wrong_cases(subject: Subject, seed: int) -> tuple[Wrong, ...]:
    """For each input with a domain, ordinary inputs with one entry outside of it, if the module refuses them."""
    inputs = draw(subject.axes, subject.axes.traced, subject.parameters, seed)
    found = (_refusal(subject, spoiled) for spoiled in _spoiled(subject, inputs))
    return tuple(wrong for wrong in found if wrong is not None)


def golden_files(
    subject: Subject,
    content: bytes,
    cases: Sequence[Case],
    wrong: Sequence[Wrong],
    prefix: str,
    described: Mapping[str, Any],
    tolerance: Tolerance,
    *,
    gradient: bool,
) -> dict[str, bytes]:
    """Data sets, refused inputs and ``data.json`` of one graph by their paths.

    Args:
        subject: what is exported.
        content: of the graph.
        cases: to store.
        wrong: inputs to store that the module refuses.
        prefix: of the paths, empty or ending in a slash.
        described: fields of :class:`GoldenData` that are the same for every graph.
        tolerance: within which outputs agree.
        gradient: whether the graph gives gradients.
    """
    names = output_names(subject.axes, gradient)
    files: dict[str, bytes] = {}
    for number, case in enumerate(cases):
        folder = f"{prefix}test_data_set_{number}"
        files |= data_set_files(folder, case.inputs, {name: case.expected[name] for name in names})
    errors = []
    for number, one in enumerate(wrong):
        folder = _WRONG_FOLDER.format(number)
        files |= data_set_files(f"{prefix}{folder}", one.inputs, {})
        errors.append(Refused(folder=folder, module=one.sentence, graph=_answer(content, one.inputs)))
    data = GoldenData(
        rtol=tolerance.rtol + max(_step(case.expected[name]) for case in cases for name in names),
        atol=tolerance.atol,
        inputs=tuple(entry.name for entry in subject.axes.inputs),
        outputs=names,
        data_sets=tuple(
            Stored(folder=f"test_data_set_{number}", case=case.name, sizes=case.sizes)
            for number, case in enumerate(cases)
        ),
        errors=tuple(errors),
        **described,
    )
    return {**files, f"{prefix}{DATA_FILE}": data.model_dump_json(indent=2).encode()}


def _step(values: Array) -> float:
    """What rounding to half precision adds to a relative difference."""
    return float(np.finfo(np.float16).eps) if values.dtype == np.float16 else 0.0


def _spoiled(subject: Subject, inputs: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
    for entry in subject.axes.inputs:
        if not inputs[entry.name].size:
            continue
        for value in _outside(entry.domain, subject.axes.traced):
            values = inputs[entry.name].copy()
            values.flat[0] = value
            yield {**inputs, entry.name: values}


def _outside(domain: object, sizes: Mapping[str, int]) -> tuple[float, ...]:
    if isinstance(domain, ClassIndex):
        return () if domain.of is None else (domain.classes(sizes[domain.of]), -1)
    return (2.0,) if isinstance(domain, Binary | Probability | Distribution) else ()


def _refusal(subject: Subject, inputs: dict[str, Array]) -> Wrong | None:
    try:
        value_and_gradient(subject.loss, subject.axes, inputs)
    except LosskitError as error:
        return Wrong(inputs, " ".join(str(error).split()))
    return None


def _answer(content: bytes, inputs: Mapping[str, Array]) -> Literal["fails", "number", "nan"]:
    try:
        found = OnnxRuntime().load(content).run(inputs)
    except ExportError:
        return "fails"
    return "nan" if any(math.isnan(v) for v in np.ravel(found["loss"])) else "number"
