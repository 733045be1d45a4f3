"""The record beside an exported loss: what it was made of, and the hash of every file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from losskit.export.tolerance import Tolerance
from losskit.spec.model import Frozen

MANIFEST_VERSION: Literal[1] = 1


class File(Frozen):
    """One file of the folder.

    Attributes:
        sha256: hexadecimal digest.
        bytes: size.
        reproducible: whether another export with the same versions gives the same bytes. Graphs, test vectors and
            the spec do; for torch's own archives nobody promises it, and the hash is for integrity only.
    """

    sha256: str
    bytes: int
    reproducible: bool = True


class Tensor(Frozen):
    """An input or output of a graph; a dimension is the name of a dynamic axis or a fixed size."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]


class DataSet(Frozen):
    """A stored pair of inputs and outputs: ``input_i.pb`` and ``output_i.pb`` in the folder, and its sizes."""

    folder: str
    sizes: dict[str, int]


class Graph(Frozen):
    """An ONNX file of the folder and what replays it.

    ``gradient_of`` says what of the values the gradient is taken of: their ``sum``, their ``mean``, or (``weighted``)
    their sum weighted by the last input. ``writer`` is ``losskit``, or the framework's exporter and the operator that
    has no lowering here.
    """

    file: str
    gradient: bool
    gradient_of: Literal["sum", "mean", "weighted"] = "sum"
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    nodes: int
    operators: tuple[str, ...]
    data_sets: tuple[DataSet, ...]
    writer: str = ""


class Dynamic(Frozen):
    """A parameter that is an input of the graphs.

    Attributes:
        name: of the parameter and of the input, a tensor without axes.
        low: the least number that the graphs are offered for.
        high: the largest one.
        apart: numbers between both at which the loss takes a form of its own, which the graphs do not hold.
        differentiable: whether the graph with gradients has one with respect to it.
    """

    name: str
    low: float
    high: float
    apart: tuple[float, ...] = ()
    differentiable: bool = False


class AxisRecord(Frozen):
    """How the axes were laid out; see :class:`losskit.export.axes.Axes`."""

    traced: dict[str, int]
    fixed: tuple[str, ...] = ()
    ranks: dict[str, int] = Field(default_factory=dict)
    without: tuple[str, ...] = ()


class Manifest(Frozen):
    """All that is known of an artifact folder.

    Attributes:
        loss: its name.
        parameters: all of them, defaults included.
        reduction: ``mean``, ``sum`` or ``none``.
        dtype: of the floating-point inputs; the values of half-precision ones are float32.
        seed: of the stored inputs.
        opset: of every graph, read back from it.
        tolerance: within which graphs and stored outputs agree.
        axes: names and sizes.
        dynamic: parameters that the graphs take as inputs; ``parameters`` holds the values they were made at.
        graphs: the ONNX files.
        files: every file but this one, by its path with forward slashes.
        omitted: files that could not be written, with the reason.
        versions: of what wrote the folder.
        notes: what a user of the files has to know.
    """

    schema_version: Literal[1] = MANIFEST_VERSION
    loss: str
    parameters: dict[str, JsonValue]
    reduction: Literal["mean", "sum", "none"]
    dtype: Literal["float16", "float32", "float64"] = "float32"
    seed: int
    opset: int
    tolerance: Tolerance
    axes: AxisRecord
    dynamic: tuple[Dynamic, ...] = ()
    graphs: tuple[Graph, ...]
    files: dict[str, File]
    omitted: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str]
    notes: tuple[str, ...] = ()
