"""The loss under test: one parameter setting on one device, asked for values and gradients case by case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from losskit.plugins.checks import check_inputs
from losskit.registry import build, reference
from losskit.spec import LossSpec, Narrowing
from losskit.spec.coupling import batch_symbol, couples, narrowing_at, satisfies
from losskit.spec.regimes import Condition
from losskit.spec.tensors import Input

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

Data = dict[str, Any]  # inputs by name; what a law adds: _name a row a case, __name for all


@dataclass(frozen=True)
class Reading:
    """What one pass through a loss gives.

    Attributes:
        entries: unreduced values, a row a case: (cases, entries).
        gradients: of the sum of all values by input; a row a case where a case is a row.
        noise: what rounding the inputs may do to each value: ``64 eps sum |dl/dx| |x|``, shape (cases,).
    """

    entries: Tensor
    gradients: dict[str, Tensor]
    noise: Tensor

    @property
    def value(self) -> Tensor:
        """The value of each case, shape (cases,)."""
        return mean_of_each(self.entries)


class Subject:
    """A loss with fixed parameters.

    A case is a row where the loss is a mean over rows, else a whole batch whose mean is the one value.

    Args:
        spec: what the loss declares.
        parameters: by name; the others take their defaults.
        device: where tensors are.
        dtype: of floating-point inputs.

    Attributes:
        graph: whether exported graphs answer in place of the module.
    """

    graph: ClassVar[bool] = False

    def __init__(
        self,
        spec: LossSpec,
        parameters: Mapping[str, Any],
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
    ) -> None:
        self.spec = spec
        self.device = torch.device(device)
        self.dtype = dtype
        self.parameters = spec.parameters.validate_values(spec.name, parameters)
        self._modules: dict[str, Loss] = {}

    def module(self, reduction: str = "none") -> Loss:
        """The module for a reduction; for a loss that lacks it, the number that it gives for a batch."""
        if reduction not in self.spec.reductions():
            reduction = self.spec.reductions()[0]
        if reduction not in self._modules:
            given = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters.items()}
            self._modules[reduction] = build(self.spec, reduction=reduction, **given).to(self.device)
        return self._modules[reduction]

    def replace(self, **parameters: Any) -> Subject:
        """The same loss with some parameters changed."""
        return Subject(self.spec, {**self.parameters, **parameters}, self.device, self.dtype)

    def call(self, data: Data, reduction: str = "none", sample_weight: Tensor | None = None) -> Tensor:
        """The loss itself, on inputs given by name."""
        arguments = [data.get(i.name) for i in self.spec.inputs]
        if self.spec.adapter is not None:  # a foreign loss may take what the spec excludes, and no search may go there
            check_inputs(self.spec, {i.name: data.get(i.name) for i in self.spec.inputs}, self.parameters)
        if sample_weight is None:
            return self.module(reduction)(*arguments)  # type: ignore[no-any-return]
        return self.module(reduction)(*arguments, sample_weight=sample_weight)  # type: ignore[no-any-return]

    @cached_property
    def reference(self) -> Callable[..., Any]:
        """The NumPy reference, called with inputs and parameters by name."""
        return reference(self.spec)

    @cached_property
    def coupled(self) -> bool:
        """Whether samples of a batch act on each other with these parameters."""
        return couples(self.spec, self.parameters)

    def narrowing(self, kind: str) -> Narrowing | None:
        """The reason why an engineering property is not declared at these parameters, if it is not."""
        return narrowing_at(self.spec, kind, self.parameters)

    def within(self, name: str, condition: Condition) -> bool:
        """Whether a parameter satisfies a condition; a list does if all its numbers do."""
        return satisfies(self.parameters[name], condition)

    def entries(self, data: Data) -> Tensor:
        """Unreduced values, a row a case: (cases, entries); for a coupled loss one case with its mean."""
        if self.coupled:
            return self.call(data, "mean").reshape(1, 1)
        value = self.call(data)
        return value.flatten(1) if value.dim() > 1 else value.reshape(-1, 1)

    def value(self, data: Data) -> Tensor:
        """The value of each case, shape (cases,)."""
        return mean_of_each(self.entries(data))

    def shares(self, name: str) -> bool:
        """Whether one tensor serves all cases (a weight matrix), so that its gradient belongs to all of them."""
        entry = self.input(name)
        return self.coupled or batch_symbol(self.spec) not in entry.shape

    def input(self, name: str) -> Input:
        """The declaration of an input."""
        entry = self.spec.input(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def cases(self, data: Data) -> int:
        """How many cases the data hold."""
        if self.coupled:
            return 1
        batch = batch_symbol(self.spec)
        for entry in self.spec.inputs:
            if entry.shape[:1] == (batch,) and data.get(entry.name) is not None:
                return len(data[entry.name])
        return len(self.value(data))

    def read(self, data: Data, names: tuple[str, ...] | None = None, create_graph: bool = False) -> Reading:
        """Values, gradients and noise in one pass; values keep the graph of inputs that have one.

        Args:
            data: inputs by name.
            names: inputs that gradients and noise are taken in; every differentiable one if left out.
            create_graph: whether gradients keep a graph, too.
        """
        wanted = self.spec.differentiable() if names is None else names
        used = tuple(n for n in wanted if data.get(n) is not None)
        # a node of its own for each input: where a law computes one input from another, each has its own share
        held = {**data, **{n: data[n].view_as(data[n]) if data[n].requires_grad else data[n].detach() for n in used}}
        for name in used:
            held[name].requires_grad_()
        entries = self.entries(held)
        kept = any(value.requires_grad for value in data.values() if torch.is_tensor(value))
        gradients = self._pulled_back(entries, [held[n] for n in used], kept or create_graph, create_graph)
        entries = entries if kept or create_graph else entries.detach()
        return self.reading(data, entries, dict(zip(used, gradients, strict=True)))

    @staticmethod
    def _pulled_back(entries: Tensor, leaves: list[Tensor], retain: bool, create_graph: bool) -> tuple[Tensor, ...]:
        if not entries.requires_grad:  # there are none, or no gradient flows to them
            return tuple(torch.zeros_like(leaf) for leaf in leaves)
        return torch.autograd.grad(
            entries,
            leaves,
            torch.full_like(entries, 1 / max(entries.shape[1], 1)),  # of the sum of all values
            retain_graph=retain,
            create_graph=create_graph,
            allow_unused=True,
            materialize_grads=True,
        )

    def reading(self, data: Data, entries: Tensor, gradients: dict[str, Tensor]) -> Reading:
        """Values and gradients with the noise that follows from them."""
        parts = [
            self.per_case(gradient.detach().nan_to_num().abs() * data[name].detach().abs(), name)
            for name, gradient in gradients.items()
        ]
        # of the cases that the inputs have: a loss may give fewer values than it says, and that is for a check to find
        noise = sum(parts[1:], parts[0]) if parts else entries.detach().new_zeros(len(entries))
        return Reading(entries, gradients, 64 * torch.finfo(self.dtype).eps * noise)

    def gradients(self, data: Data, names: tuple[str, ...], create_graph: bool = False) -> dict[str, Tensor]:
        """Gradient of the sum of all values with respect to inputs; a row a case where a case is a row."""
        return self.read(data, names, create_graph).gradients

    def per_case(self, tensor: Tensor, name: str) -> Tensor:
        """Sum of a tensor that has the shape of an input over all but the case: (cases,)."""
        return (
            tensor.sum().reshape(1) if self.shares(name) else tensor.flatten(1).sum(1) if tensor.dim() > 1 else tensor
        )


def mean_of_each(entries: Tensor) -> Tensor:
    """The mean of each row of (cases, entries), (cases,); most losses have one entry a case, which is its own mean."""
    return entries.squeeze(1) if entries.shape[1] == 1 else entries.mean(dim=1)
