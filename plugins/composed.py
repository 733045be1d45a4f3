"""A weighted sum of losses as a module that is called like every other one."""

from __future__ import annotations

import copy
import operator
from collections.abc import Sequence
from typing import Any, Optional

import torch
from torch import Tensor, fx, nn

from losskit.plugins.adapted import signature_of
from losskit.plugins.base import Loss
from losskit.plugins.checks import check_inputs, check_shapes
from losskit.plugins.ops.positions import Rows, as_positions, as_rows
from losskit.spec import LossSpec, Part
from losskit.spec.errors import InputError, ParameterError


class ComposedLoss(Loss):
    """``w_1 l_1 + w_2 l_2 + ...``; :func:`composed` makes the class for a spec, :func:`losskit.compose` the loss.

    The weights are parameters and attributes, ``weight_<part>``; no gradient flows to them. Each part checks its own inputs,
    widens half precision and reduces, so that a mean is the weighted sum of the parts' means.

    Args:
        parts: modules of the parts, in the order of the spec.
        reduction: ``mean``, ``sum``, ``none`` or ``sum_count``; of parts without common rows ``mean``.
        parameters: the weights.

    Raises:
        ParameterError: a weight is negative, or the parts lack the reduction.
    """

    def __init__(self, parts: Sequence[Loss], *, reduction: str = "mean", **parameters: Any) -> None:
        if not self.spec.output and reduction != "mean":
            raise ParameterError(
                f"{self.spec.name}: its parts have no rows in common, so it is a sum of means, expected reduction mean, "
                f"found {reduction!r}"
            )
        super().__init__(reduction=reduction, **parameters)
        self.parts = nn.ModuleDict(
            {part.weight.removeprefix("weight_"): m for part, m in zip(self.spec.parts, parts, strict=True)}
        )
        self._joint = len({tuple(sorted(i.name for i in part.loss.inputs)) for part in self.spec.parts}) > 1

    def extra_repr(self) -> str:
        """The weights, and the reduction."""
        words = [f"{part.weight}={getattr(self, part.weight)!r}" for part in self.spec.parts]
        return ", ".join([*words, f"reduction={self.reduction!r}"])

    def config(self) -> dict[str, Any]:
        """Name, parts, weights and reduction, ready for JSON; :func:`losskit.from_config` builds the loss again."""
        parts = [{k: v for k, v in module.config().items() if k != "reduction"} for module in self._modules_of_parts()]
        return {**super().config(), "parts": parts}

    def _modules_of_parts(self) -> list[Loss]:
        return list(self.parts.values())  # type: ignore[arg-type]

    def composed(self, given: dict[str, Optional[Tensor]], sample_weight: Optional[Tensor]) -> Any:
        """The weighted sum on inputs given by name."""
        if sample_weight is not None and self.spec.weights is None:
            raise InputError(f"{self.spec.name}: sample_weight is not taken by this loss")
        self._check(given)
        terms = self._terms()
        found = [(weight, self._value(part, module, given, sample_weight)) for weight, part, module in terms]
        loose = self._loose(given, [part for _, part, _ in terms])
        if self.reduction == "sum_count":
            totals = [weight * total for weight, (total, _) in found]
            return sum([*totals[1:], *loose], totals[0]), found[0][1][1]
        values = [weight * value for weight, value in found]
        return sum([*values[1:], *loose], values[0])

    def _terms(self) -> list[tuple[Any, Part, Loss]]:
        """Weights with their parts; a weight of 0 leaves its part out, whatever that would be worth, infinity included."""
        weights = [getattr(self, part.weight) for part in self.spec.parts]
        terms = list(zip(weights, self.spec.parts, self._modules_of_parts(), strict=True))
        # a number that a graph takes as an input is no float, and is multiplied with whatever it is
        return [term for term in terms if not isinstance(term[0], float) or term[0] != 0] or terms

    def _check(self, given: dict[str, Optional[Tensor]]) -> None:
        """What no single part sees: that their inputs fit together, and those of a part that is left out."""
        if torch.compiler.is_compiling():
            return
        if len(self._terms()) < len(self.spec.parts):
            check_inputs(self.spec, given, self._values)
        elif self._joint:
            check_shapes(self.spec, given)

    def _loose(self, given: dict[str, Optional[Tensor]], used: Sequence[Part]) -> list[Tensor]:
        """A zero for each input that only parts left out take, so that it has a gradient of zeros and not none."""
        taken = {entry.name for part in used for entry in part.loss.inputs}
        names = [name for name in self.spec.differentiable() if name not in taken]
        return [tensor.flatten()[:0].sum() for tensor in map(given.get, names) if tensor is not None]

    def _value(
        self, part: Part, module: Loss, given: dict[str, Optional[Tensor]], sample_weight: Optional[Tensor]
    ) -> Any:
        if module.reduction != self.reduction:  # set from outside, as AcrossRanks does
            module = copy.copy(module)
            module.reduction = self.reduction
        taken = {entry.name: given.get(entry.name) for entry in part.loss.inputs}
        like: Optional[Tensor] = None
        axes = _axes_of_rows(part)
        for name, count in axes.items():
            tensor = taken[name]
            if isinstance(tensor, Tensor) and tensor.dim() >= count:
                like = tensor if like is None else like
                taken[name] = as_rows(tensor, count)
        weight = {}
        if sample_weight is not None:
            weight["sample_weight"] = sample_weight
        value = module(**taken, **weight)
        if like is not None and self.reduction == "none":
            return as_positions(value, like, next(count for name, count in axes.items() if taken[name] is not None))
        return value

    def __prepare_scriptable__(self) -> nn.Module:
        """What ``torch.jit.script`` is to compile: the same sum in written-out steps, with its weights as constants.

        Raises:
            ParameterError: the reduction is ``sum_count``, a pair, and a scripted loss returns one tensor.
        """
        if self.reduction == "sum_count":
            raise ParameterError(
                f"{self.spec.name}: a composite is scripted with reduction mean, sum or none, found 'sum_count'"
            )
        return scriptable(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            _blank,
            (self.spec, ComposedLoss if type(self).__bases__[0] is ComposedLoss else type(self).__bases__[0]),
            self.__dict__,
        )


def _axes_of_rows(part: Part) -> dict[str, int]:
    """Of a part that is taken at positions: how many axes of its own each input with rows has."""
    if not part.positions:
        return {}
    return {entry.name: len(entry.shape) for entry in part.loss.inputs if entry.shape[:1] == part.loss.output}


def composed(spec: LossSpec, base: type[ComposedLoss] = ComposedLoss) -> type[ComposedLoss]:
    """The class of a composite, whose ``forward`` takes the inputs of the spec by position or name."""
    names = tuple(i.name for i in spec.inputs)

    def forward(self: ComposedLoss, *inputs: Any, sample_weight: Optional[Tensor] = None, **named: Any) -> Any:
        if len(inputs) > len(names) or not named.keys() <= set(names):
            raise TypeError(f"{spec.name} takes the inputs {', '.join(names)}, found {len(inputs)} and {list(named)}")
        return self.composed({**dict(zip(names, inputs, strict=False)), **named}, sample_weight)

    # exporters read the names of the inputs off the signature
    forward.__signature__ = signature_of(spec)  # type: ignore[attr-defined]
    return type(base.__name__, (base,), {"spec": spec, "forward": forward})


def _blank(spec: LossSpec, base: type[ComposedLoss]) -> ComposedLoss:
    kind = composed(spec, base)
    return kind.__new__(kind)


def scriptable(loss: ComposedLoss) -> fx.GraphModule:
    """A composite as a module of written-out steps, which TorchScript compiles."""
    root, graph = nn.Module(), fx.Graph()
    given = {
        entry.name: graph.placeholder(entry.name, Optional[Tensor], None)
        if entry.optional
        else graph.placeholder(entry.name, Tensor)
        for entry in loss.spec.inputs
    }
    takes = loss.spec.weights is not None
    sample_weight = graph.placeholder("sample_weight", Optional[Tensor], None) if takes else None
    terms = []
    for weight, part, module in loss._terms():
        label = part.weight
        root.add_module(label, module)
        axes = _axes_of_rows(part)
        taken: dict[str, Any] = {}
        for entry in part.loss.inputs:
            node = given[entry.name]
            if entry.name in axes:
                root.add_module(f"{label}_{entry.name}", Rows(axes[entry.name]))
                node = graph.call_module(f"{label}_{entry.name}", (node,))
            taken[entry.name] = node
        if sample_weight is not None:
            taken["sample_weight"] = sample_weight
        value = graph.call_module(label, (), taken)
        terms.append(graph.call_function(operator.mul, (value, float(weight))))
    total = terms[0]
    for term in terms[1:]:
        total = graph.call_function(operator.add, (total, term))
    graph.output(total)
    return fx.GraphModule(root, graph)
