"""The exported graphs of a loss as a subject that laws can be asked of: ONNX Runtime answers in place of the module."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from losskit.conformance.subject import Data, Reading, Subject
from losskit.export.eager import VALUE, gradient_name
from losskit.export.graphs import recall_graph
from losskit.export.runtimes import Runtime
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject as Exported
from losskit.export.subject import prepare
from losskit.spec import LossSpec
from losskit.spec.tensors import Input


class GraphSubject(Subject):
    """A loss with fixed parameters as its value graph and its value-and-gradient graph compute it, in float32.

    The graphs are those of the mean, so a case is a whole batch; a batch of one row is a row.

    Args:
        spec: what the loss declares.
        parameters: by name; the others take their defaults.
        runtime: what runs the graphs; ONNX Runtime on the CPU if left out.

    Raises:
        ExportError: a graph cannot be written, or the runtime refuses it.
    """

    graph = True

    def __init__(self, spec: LossSpec, parameters: Mapping[str, Any], runtime: Runtime | None = None) -> None:
        super().__init__(spec, parameters, dtype=torch.float32)
        self._fitting = False
        self.runtime = runtime or OnnxRuntime()
        given = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters.items()}
        exported = prepare(spec, given)
        self.axes = exported.axes
        self._value, self._both = (
            self.runtime.load(self.content(exported, gradient=gradient)) for gradient in (False, True)
        )

    def content(self, exported: Exported, *, gradient: bool) -> bytes:
        """The bytes of one graph."""
        return recall_graph(exported, gradient=gradient)

    @property
    def coupled(self) -> bool:
        """One value for a batch: the graphs reduce."""
        return True

    def replace(self, **parameters: Any) -> GraphSubject:
        """The same loss with some parameters changed, exported anew."""
        other = type(self)(self.spec, {**self.parameters, **parameters}, self.runtime)
        return other.fitting() if self._fitting else other

    def fitting(self) -> GraphSubject:
        """The same graphs, which fit inputs to themselves: rounded to their dtype, with the axes that one sample lacks.

        A law may compute an input in float64, and to take one element for a case; a graph takes what it was written for.
        """
        view = copy.copy(self)
        view._fitting = True
        return view

    def call(self, data: Data, reduction: str = "mean", sample_weight: Tensor | None = None) -> Tensor:
        """The value of the batch."""
        assert reduction == "mean", "the graphs are those of the mean"
        assert sample_weight is None, "sample_weight is no input of the graphs"
        return torch.from_numpy(np.array(self._value.run(self._arrays(data))[VALUE]))

    def read(self, data: Data, names: tuple[str, ...] | None = None, create_graph: bool = False) -> Reading:
        """Value, gradients of the value, as the second graph gives them, and noise."""
        assert not create_graph, "a graph has no gradient of its gradient"
        given = (
            self.spec.differentiable()
        )  # a graph has the gradients of these; what rounds the others is left to the caller
        wanted = [n for n in (given if names is None else names) if n in given and data.get(n) is not None]
        found = self._both.run(self._arrays(data))
        gradients = {name: torch.from_numpy(np.array(found[gradient_name(name)])) for name in wanted}
        if self._fitting:
            gradients = {name: gradient.reshape(data[name].shape) for name, gradient in gradients.items()}
        return self.reading(data, self.entries(data), gradients)

    def _arrays(self, data: Data) -> dict[str, Any]:
        tensors = {entry.name: data[entry.name].detach() for entry in self.axes.inputs}
        if self._fitting:
            tensors = {entry.name: self._fitted(entry, tensors[entry.name]) for entry in self.axes.inputs}
        return {name: tensor.numpy() for name, tensor in tensors.items()}

    def _fitted(self, entry: Input, tensor: Tensor) -> Tensor:
        lacking = [1] * (len(self.axes.shapes[entry.name]) - tensor.dim())
        return tensor.to(getattr(torch, self.axes.dtype_of(entry))).reshape((*tensor.shape, *lacking))
