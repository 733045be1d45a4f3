"""The loss under functional transforms and other ways to take a derivative, against autograd's first one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.autograd import forward_ad

from losskit.conformance.checks.base import Comparison, first_of_each_setting, gradients_of, leaves, rounding
from losskit.conformance.checks.tooling import arguments, batches, quiet
from losskit.conformance.checks.unread import compare_empty, compare_examples
from losskit.conformance.outcome import Result
from losskit.conformance.search.domains import project
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.errors import InputError
from losskit.spec.tensors import Probability

MANY = 1600  # rows, whose pairs, of two classes too, are more than the block of any loss holds


def transforms(claim: Claim, search: Search) -> Result:
    """Compare ``torch.func.grad`` and ``vmap`` with autograd and a loop, dual numbers and second slopes with the gradient's."""
    comparison = Comparison(claim, search)
    settings = first_of_each_setting(claim, search, comparison, search.budget.settings)
    for number, (subject, sizes) in enumerate(settings):
        for data in _labelled(subject, sizes, search):
            _compare_transforms(comparison, subject, data)
        if not number:
            rng = search.rng("many", sorted(sizes.items()))
            _compare_uneven(comparison, subject, draw(subject, sizes, MANY, rng, MODERATE, ties=0.0, whole=True))
        with quiet():
            compare_empty(comparison, search, subject, sizes)
    with quiet():
        compare_examples(comparison, search, claim.property.kind)
    return comparison.result()


def _labelled(subject: Subject, sizes: Sizes, search: Search) -> Iterator[Data]:
    """A batch, and where labels are shares the same with every label 0 or 1, for which a loss may have another form."""
    data = batches(subject, sizes, search, "transform")[0]
    yield data
    shares = [entry.name for entry in subject.spec.inputs if isinstance(entry.domain, Probability)]
    hard = {**data, **{name: data[name].round() for name in shares if data.get(name) is not None}}
    if all(torch.equal(hard[name], data[name]) for name in shares if name in data):
        return
    try:
        subject.call(hard)
    except InputError:  # some label must lie between
        return
    yield hard


def _compare_transforms(comparison: Comparison, subject: Subject, data: Data) -> None:
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    module = subject.module("mean")

    def value(moving: dict[str, torch.Tensor]) -> Any:
        return module(*arguments(subject, {**data, **moving}))

    held = leaves(data, names)
    wanted = gradients_of(subject.call(held, "mean"), held, names)
    moving = {n: data[n] for n in names}
    doubled = project(subject, {**data, **{n: 2 * v for n, v in moving.items()}})
    stacked = {n: torch.stack([v, doubled[n], v.flip(0)]) for n, v in moving.items()}
    with quiet():
        found = torch.func.grad(value)(moving)
        values = torch.func.vmap(value)(stacked)
        slopes = torch.func.vmap(torch.func.grad(value))(stacked)
    for name in names:
        comparison.compare(
            f"torch.func.grad for {name}", found[name], wanted[name], 1e-9 * (1 + wanted[name].abs()), subject, data
        )
    ahead = {n: torch.linspace(-1, 1, v.numel(), dtype=v.dtype).reshape(v.shape) for n, v in moving.items()}
    with forward_ad.dual_level():
        along = value({n: forward_ad.make_dual(v, ahead[n]) for n, v in moving.items()})
        slope = forward_ad.unpack_dual(along).tangent
    slope = torch.zeros_like(along) if slope is None else slope
    expected = sum(((wanted[n] * ahead[n]).sum() for n in names), torch.zeros_like(slope))
    slack = 1e-9 * (1 + sum((wanted[n].abs().sum() for n in names), torch.zeros_like(slope)))
    comparison.compare("the slope by dual numbers", slope, expected, slack, subject, data)
    with quiet():
        _compare_second(comparison, subject, data, value, moving, ahead)
    _compare_batched(comparison, subject, data, wanted)
    _compare_uneven(comparison, subject, data)
    for place in range(3):
        single = {n: v[place] for n, v in stacked.items()}
        alone = value(single)
        allowed = rounding(subject, {**data, **single}, alone).amax()
        comparison.compare("torch.func.vmap", values[place], alone, allowed, subject, {**data, **single})
        exact = torch.func.grad(value)(single)
        for name in names:
            slack = 1e-9 * (1 + exact[name].abs().amax())
            comparison.compare(
                f"vmap of grad for {name}", slopes[name][place], exact[name], slack, subject, {**data, **single}
            )


def _compare_batched(comparison: Comparison, subject: Subject, data: Data, wanted: dict[str, torch.Tensor]) -> None:
    """Several gradients at once, as a Jacobian is taken: each is the gradient times its factor."""
    held = leaves(data, tuple(wanted))
    total = subject.call(held, "mean")
    if not total.requires_grad:
        return
    factors = torch.tensor([1.0, -2.0], dtype=total.dtype, device=total.device)
    with quiet():
        found = torch.autograd.grad(
            total, [held[n] for n in wanted], factors, is_grads_batched=True, allow_unused=True, materialize_grads=True
        )
    for (name, gradient), both in zip(wanted.items(), found, strict=True):
        for factor, single in zip(factors, both, strict=True):
            slack = 1e-9 * (1 + gradient.abs())
            comparison.compare(f"batched gradient of {name}", single, factor * gradient, slack, subject, data)


def _compare_uneven(comparison: Comparison, subject: Subject, data: Data) -> None:
    """The gradient of values that have a factor each, which a backward pass of the loss's own must not mix up."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    module = subject.module()

    def total(moving: Data) -> Any:
        value = module(*arguments(subject, {**data, **moving}))
        return (value * torch.linspace(-1, 2, value.numel(), dtype=value.dtype).reshape(value.shape).to(value)).sum()

    held = leaves(data, names)
    value = total({n: held[n] for n in names})
    if not value.requires_grad:
        return
    mine = gradients_of(value, held, names)
    with quiet():
        theirs = torch.func.grad(total)({n: data[n] for n in names})
    for name in names:
        slack = 1e-9 * (1 + theirs[name].abs().amax()) if theirs[name].numel() else 1e-9
        detail = f"gradient of {name} with a factor a value"
        comparison.compare(detail, mine[name], theirs[name], slack, subject, data)


def _compare_second(
    comparison: Comparison, subject: Subject, data: Data, value: Any, moving: Data, ahead: Data
) -> None:
    """The slope of the gradient along a direction: by backward passes, the loss's own among them, and by transforms."""
    held = leaves(data, tuple(moving))
    gradients = torch.autograd.grad(
        subject.call(held, "mean"),
        [held[n] for n in moving],
        create_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    along = sum((g * ahead[n]).sum() for n, g in zip(moving, gradients, strict=True))
    try:
        found = gradients_of(along, held, tuple(moving)) if torch.is_tensor(along) and along.requires_grad else {}
    except RuntimeError as error:  # a backward pass that says it has no derivative is no wrong one
        comparison.remarks.append(f"there is no second derivative: {str(error).splitlines()[0]}")
        return

    def slope(at: dict[str, torch.Tensor]) -> Any:
        return sum((g * ahead[n]).sum() for n, g in torch.func.grad(value)(at).items())

    for name, wanted in torch.func.grad(slope)(moving).items():
        slack = 1e-9 * (1 + wanted.abs().amax()) if wanted.numel() else 1e-9
        second = found.get(name, torch.zeros_like(wanted))
        comparison.compare(f"the second derivative by {name}", second, wanted, slack, subject, data)
