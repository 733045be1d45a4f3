"""Laws of relations: this loss against another on the same inputs."""

from __future__ import annotations

import inspect
import math
import random
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import constant, sizes_of
from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.subject import Data, Subject
from losskit.registry import get, names
from losskit.spec import Claim, LossSpec
from losskit.spec.expressions import Expression, evaluate
from losskit.spec.properties import FirstVariation, ReducesTo

FRAMEWORK = "torch.nn."
LIMIT_STEPS = (1e-1, 1e-2, 1e-3, 1e-4)


def _real(x: Tensor | float) -> Tensor:
    return x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.float64)


def _log1mexp(x: Tensor) -> Tensor:
    near = x < math.log(2)  # each branch keeps its digits where the other loses them
    small, large = torch.where(near, x, 1.0), torch.where(near, 1.0, x)
    return torch.where(near, (-torch.expm1(-small)).log(), torch.log1p(-(-large).exp()))


def _one_hot(ids: Tensor, classes: float, axis: float) -> Tensor:
    hot = ids.unsqueeze(-1) == torch.arange(int(classes), device=ids.device)
    return hot.to(torch.float64).movedim(-1, int(axis))


TENSORS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "matmul": lambda x, y: x @ y,
    "neg": lambda x: -x,
    "sqrt": lambda x: torch.sqrt(_real(x)),
    "exp": lambda x: torch.exp(_real(x)),
    "log": lambda x: torch.log(_real(x)),
    "softplus": lambda x: torch.nn.functional.softplus(_real(x)),
    "log1mexp": lambda x: _log1mexp(_real(x)),
    "normal_cdf": lambda x: torch.special.ndtr(_real(x)),
    "maximum": lambda x, y: torch.maximum(_real(x), _real(y)),
    "minimum": lambda x, y: torch.minimum(_real(x), _real(y)),
    "transpose": lambda x: x.transpose(-1, -2),
    "item": lambda x, position: x[..., int(position)].reshape(-1),
    "one_hot": _one_hot,
    "softmax": lambda x: x.softmax(-1),
    "positions": lambda x: torch.arange(x.shape[-1], device=x.device, dtype=torch.float64),
    "column": lambda x: x.unsqueeze(-1),
    "pair": lambda x, y: torch.stack(torch.broadcast_tensors(_real(x).to(y), y), -1),
    "ids": lambda x: x.long(),
}


class Related(Law):
    """What laws about two losses share."""

    claimed: Any  # ReducesTo, or another kind that names a loss with parameters
    detail = "this loss, and what it should equal"
    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0, 100.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        given = {n: self._fixed(subject, n, v) for n, v in self.claimed.given.items()}
        fitted = dict(data)
        for name, fixed in given.items():
            if len(fixed) == 1 and fitted.get(name) is not None:  # one number for every entry
                fitted[name] = fixed.expand(fitted[name].shape).clone()
                continue
            if "*" not in "".join(subject.input(name).shape) and len(subject.input(name).shape) > 1:  # one row for all
                fitted[name] = fixed.expand(*data[name].shape[:-1], len(fixed)).clone()
                continue
            size = len(fixed)  # inputs of the same shape symbols follow the fixed one
            for other in (i.name for i in subject.spec.inputs if i.shape == subject.input(name).shape):
                if fitted.get(other) is not None:
                    fitted[other] = fitted[other].reshape(-1).repeat(size)[:size].clone()
            fitted[name] = fixed
        known = {**subject.parameters, **sizes_of(subject, data), **fitted}
        fitted.update({n: evaluate(e, known, TENSORS).to(data[n]) for n, e in self.claimed.where.items()})
        return fitted

    @staticmethod
    def _fixed(subject: Subject, name: str, numbers: tuple[float, ...]) -> Tensor:
        dtype = torch.int64 if subject.input(name).dtype == "int64" else subject.dtype
        return torch.tensor(numbers, dtype=dtype, device=subject.device)

    def other_parameters(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of the other loss where symbols have these values."""
        parameters = {}
        for name, value in self.claimed.parameters.items():
            found = evaluate(value, known) if isinstance(value, Expression) else value
            parameters[name] = list(found) if isinstance(found, tuple) else found
        return parameters

    def other_value(self, subject: Subject, data: Data) -> Tensor:
        """The other loss on the mapped inputs: per case, or its mean where cases are batches."""
        known = {**subject.parameters, **sizes_of(subject, data), **data}
        parameters = self.other_parameters(known)
        mapped = {n: evaluate(e, known, TENSORS) for n, e in self.claimed.inputs.items()}
        reduction = "mean" if subject.coupled else "none"
        if self.claimed.other.startswith(FRAMEWORK):
            return self._framework(parameters, mapped, subject, data, reduction)
        other = Subject(get(self.claimed.other), parameters, subject.device, subject.dtype)
        taken = {i.name: mapped.get(i.name, data.get(i.name)) for i in other.spec.inputs}
        return other.call(taken, reduction).reshape(-1)

    def _framework(
        self, parameters: dict[str, Any], mapped: dict[str, Tensor], subject: Subject, data: Data, reduction: str
    ) -> Tensor:
        tensors = {
            k: torch.tensor(v, dtype=subject.dtype, device=subject.device) if isinstance(v, list) else v
            for k, v in parameters.items()
        }
        kind = getattr(torch.nn, self.claimed.other.removeprefix(FRAMEWORK))
        if "reduction" in inspect.signature(kind).parameters:  # a module that is no loss, an activation, has none
            tensors["reduction"] = reduction
        module = kind(**tensors)
        arguments = (
            mapped.values() if mapped else [data[i.name] for i in subject.spec.inputs if data.get(i.name) is not None]
        )
        with warnings.catch_warnings():  # the framework's advice on its own conventions is none for who verifies
            warnings.simplefilter("ignore")
            value: Tensor = module(*arguments)
        return value.reshape(-1) if subject.coupled else value.reshape(value.shape[0], -1).mean(1)

    def mapped(self, subject: Subject, data: Data) -> Tensor:
        """What the relation makes of the other loss."""
        scale, offset = self.affine(subject, data)
        value = scale * self.other_value(subject, data) + offset
        if self.claimed.through is None:
            return value
        known = {**subject.parameters, **sizes_of(subject, data), "t": value}
        return evaluate(self.claimed.through, known, TENSORS)  # type: ignore[no-any-return]

    def affine(self, subject: Subject, data: Data) -> tuple[float, float]:
        """Scale and offset of the relation."""
        return constant(self.claimed.scale, subject, data), constant(self.claimed.offset, subject, data)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return () if self.claimed.given or self.claimed.where else super().moving(subject, data)


class Equal(Related):
    """``l = scale * other + offset``, or a function of that."""

    def sides(self, subject: Subject, data: Data) -> Sides:
        own = subject.read(data)
        return Sides(own.value, self.mapped(subject, data), noise=2 * own.noise)


class SameGradient(Related):
    """The gradients of both losses agree entry by entry; the value law would not see a detached part."""

    detail = "an entry of this loss's gradient, and of the other's"
    finest: ClassVar[float] = (
        1e-3  # slopes of losses without a scale grow like the inverse, and their rounding with them
    )

    def sides(self, subject: Subject, data: Data) -> Sides:
        # beside an input that one number fills the relation says nothing
        fixed = [n for n, values in self.claimed.given.items() if len(values) == 1]
        wanted = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None and n not in fixed)
        held = {**data, **{n: data[n].detach().requires_grad_() for n in wanted}}
        mine = subject.gradients(held, wanted)
        total = self.mapped(subject, held).sum()
        theirs = torch.autograd.grad(total, [held[n] for n in wanted], allow_unused=True, materialize_grads=True)
        gaps = [(mine[n] - t).abs() for n, t in zip(wanted, theirs, strict=True)]
        sizes = [torch.maximum(mine[n].abs(), t.abs()) for n, t in zip(wanted, theirs, strict=True)]
        worst = torch.stack(
            torch.broadcast_tensors(*[self._largest(subject, g, n) for g, n in zip(gaps, wanted, strict=True)])
        )
        size = torch.stack(
            torch.broadcast_tensors(*[self._largest(subject, s, n) for s, n in zip(sizes, wanted, strict=True)])
        )
        conditioning = 1e-11 * max(float(data[n].abs().max()) if data[n].numel() else 0.0 for n in wanted)
        right = size.amax(0)
        return Sides(right + worst.amax(0), right, noise=conditioning * right, rtol=1e-8)

    @staticmethod
    def _largest(subject: Subject, tensor: Tensor, name: str) -> Tensor:
        return tensor.reshape(1, -1).amax(1) if subject.shares(name) else tensor.reshape(tensor.shape[0], -1).amax(1)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()


class Limit(Related):
    """Along a sequence that tends to the limit the difference stays below the declared rate."""

    detail = "the difference from the other loss, and the declared rate"

    def sides(self, subject: Subject, data: Data) -> Sides:
        ((name, end),) = self.claimed.limit.items()
        left, right, noise = [], [], []
        for step in LIMIT_STEPS:
            near = subject.replace(**{name: 1 / step if end == float("inf") else end + step})
            scale, offset = self.affine(near, data)
            other = scale * self.other_value(near, data) + offset
            found = near.read(data)
            left.append((found.value - other).abs())
            right.append(torch.full_like(left[-1], constant(self.claimed.rate, near, data)))
            noise.append(found.noise * 2)
        return Sides(torch.cat(left), torch.cat(right), "at_most", noise=torch.cat(noise))

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()


def related(claim: Claim) -> list[Law]:
    """Equal values and gradients, one of them, or a limit."""
    relation = claim.property
    assert isinstance(relation, ReducesTo)
    if relation.relation == "limit":
        return [Limit(claim)]
    if relation.relation == "same_gradient":
        return [SameGradient(claim)]
    return [Equal(claim)] if relation.where else [Equal(claim), SameGradient(claim)]


@cache
def _registered() -> frozenset[str]:
    return frozenset(names())


def missing(relation: ReducesTo | FirstVariation, spec: LossSpec) -> str:
    """Why a relation cannot be checked here; empty where it can."""
    if relation.other.startswith(FRAMEWORK):
        known = hasattr(torch.nn, relation.other.removeprefix(FRAMEWORK))
        return "" if known else f"{relation.other} is not in the installed torch"
    return "" if relation.other in _registered() else f"{relation.other}, which {spec.name} links to, is not installed"
