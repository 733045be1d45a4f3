"""The same numbers in every precision and in every run."""

from __future__ import annotations

import inspect

import torch

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.errors import InputTypeError

HALVES = (torch.bfloat16, torch.float16)
AGAIN = " in a second backward pass"
SEED = 7  # of the generator that a stochastic loss gets
LARGE = (10.0, 30.0)  # where the digits that a difference loses are many


def floats(data: Data, dtype: torch.dtype) -> Data:
    """Data with its real tensors in a dtype."""
    return {n: v.to(dtype) if torch.is_tensor(v) and v.is_floating_point() else v for n, v in data.items()}


def value_and_gradients(
    subject: Subject, data: Data, reduction: str = "mean"
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A value, and the gradients of its sum by all inputs that are given."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held = leaves(data, names)
    value = subject.call(held, reduction)
    return value, gradients_of(value, held, names)


def within(dtype: torch.dtype, value: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both as far as a dtype can hold them: beyond its largest number it has infinity."""
    most = torch.finfo(dtype).max
    return value.clamp(-most, most), wanted.clamp(-most, most)


def holds_all(dtype: torch.dtype, wanted: torch.Tensor) -> bool:
    """Whether a dtype has all these numbers."""
    return not bool((wanted.abs() > torch.finfo(dtype).max).any())


def dtype_stable(claim: Claim, search: Search) -> Result:
    """Compare lower precisions and autocast with float64 at the same rounded inputs."""
    comparison = Comparison(claim, search)
    for subject, sizes in declared(claim, search, comparison):
        for scales, halves in ((MODERATE, HALVES), (LARGE, HALVES[:1])):  # float16 soon overflows
            rng = search.rng("dtype", scales, sorted(sizes.items()))
            data = draw(subject, sizes, 5, rng, scales, ties=0.0)
            for dtype in (torch.float32, *halves):
                _compare_precision(comparison, subject, data, dtype)
            _compare_autocast(comparison, subject, data)
            _compare_mixed(comparison, subject, data)
    return comparison.result()


def _compare_precision(comparison: Comparison, subject: Subject, data: Data, dtype: torch.dtype) -> None:
    rounded = floats(data, dtype)
    exact = floats(rounded, torch.float64)
    value, gradients = value_and_gradients(subject, rounded)
    wanted, slopes = value_and_gradients(subject, exact)
    kept = subject.spec.adapter is not None and value.dtype == dtype  # a foreign loss may keep its inputs' precision
    detail = f"the result for {dtype} inputs is {value.dtype}"
    comparison.expect(kept or value.dtype == torch.float32, detail, subject, rounded)
    single = torch.finfo(value.dtype if kept else torch.float32).eps
    allowed = rounding(subject, exact, wanted, single).amax()
    found, right = within(value.dtype, value, wanted)
    comparison.compare(f"value for {dtype} inputs against float64", found, right, allowed, subject, rounded)
    if not holds_all(value.dtype, wanted):  # no slope follows from infinities
        return
    for name, gradient in gradients.items():
        slack = _of_slopes(exact, slopes[name], single) + torch.finfo(dtype).eps * slopes[name].abs()
        slack = slack + torch.finfo(dtype).tiny
        found, right = within(dtype, gradient, slopes[name])  # an input's gradient has its dtype
        comparison.compare(f"gradient of {name} for {dtype} inputs", found, right, slack, subject, rounded)


def _of_slopes(data: Data, slopes: torch.Tensor, eps: float) -> torch.Tensor:
    """What computing in a precision may do to slopes.

    Relative to numbers of order 1, and to the largest slope: an input that is rounded on its way to an exponential changes
    that by as many units as its size.
    """
    largest = max(float(v.abs().amax()) for v in data.values() if v.is_floating_point() and v.numel())
    steepest = slopes.abs().amax() if slopes.numel() else torch.zeros(())
    return 64 * eps * (1 + (1 + largest) * steepest)


def _compare_mixed(comparison: Comparison, subject: Subject, data: Data) -> None:
    """One input in float32 beside others in float64: what comes out is no worse, or one of them is refused by name."""
    exact = floats(floats(data, torch.float32), torch.float64)
    names = [n for n, v in exact.items() if v.is_floating_point()]
    if len(names) < 2 or subject.spec.adapter is not None:
        return
    wanted, slopes = value_and_gradients(subject, exact)
    single = torch.finfo(torch.float32).eps
    allowed = rounding(subject, exact, wanted, single).amax()
    for narrow in names:
        mixed, told = {**exact, narrow: exact[narrow].float()}, f"with {narrow} in float32 beside float64"
        try:
            value, gradients = value_and_gradients(subject, mixed)
        except InputTypeError:
            comparison.expect(True, "", subject, mixed)
            continue
        found, right = within(torch.float32, value, wanted)  # a part of it may be computed in float32
        comparison.compare(f"value {told}", found, right, allowed, subject, mixed)
        if not holds_all(torch.float32, wanted):
            continue
        for name, gradient in gradients.items():
            slack = _of_slopes(exact, slopes[name], single)
            comparison.compare(f"gradient of {name} {told}", gradient, slopes[name], slack, subject, mixed)


def _compare_autocast(comparison: Comparison, subject: Subject, data: Data) -> None:
    single = floats(data, torch.float32)
    with torch.autocast(subject.device.type, dtype=torch.bfloat16):
        value = subject.call(single, "mean")
    own = subject.spec.adapter is not None
    comparison.expect(
        own or value.dtype == torch.float32, f"under autocast the result is {value.dtype}", subject, single
    )
    wanted = subject.call(floats(single, torch.float64), "mean")
    # a foreign loss may let its products be narrowed; one of ours computes nothing in half precision
    precision = torch.finfo(torch.bfloat16 if own else torch.float32).eps
    allowed = rounding(subject, floats(single, torch.float64), wanted, precision).amax()
    found, right = within(value.dtype, value, wanted)
    comparison.compare("value under autocast against float64", found, right, allowed, subject, single)


def deterministic(claim: Claim, search: Search) -> Result:
    """Compare bits of one module twice, of a newly built one and of two backward passes through one graph.

    The framework's generator must stay as it was.
    """
    comparison = Comparison(claim, search)
    for subject, sizes in declared(claim, search, comparison):
        data = draw(subject, sizes, 7, search.rng("twice", sorted(sizes.items())))
        for reduction in ("sum", "mean"):
            before = torch.get_rng_state()
            one, two, fresh = (_seeded(who, data, reduction) for who in (subject, subject, subject.replace()))
            untouched = torch.equal(before, torch.get_rng_state())
            comparison.expect(untouched, "the loss draws from the global generator, not its own", subject, data)
            for other, whose in ((two, "two evaluations"), (fresh, "two modules of the same parameters")):
                for name, bits in one.items():
                    comparison.expect(_alike(bits, other[name]), f"{whose} give different {name}", subject, data)
            for name, bits in one.items():
                first = one[name.removesuffix(AGAIN)]
                comparison.expect(_alike(bits, first), f"the first one gives other {name}", subject, data)
    return comparison.result()


def _seeded(subject: Subject, data: Data, reduction: str) -> dict[str, torch.Tensor]:
    """Value and gradients, these twice; a loss that takes a generator gets one that is seeded the same every time."""
    module = subject.module(reduction)
    takes = "generator" in inspect.signature(module.forward).parameters
    generator = {"generator": torch.Generator(subject.device).manual_seed(SEED)} if takes else {}
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held = leaves(data, names)
    value = module(*(held.get(i.name) for i in subject.spec.inputs), **generator)
    first = gradients_of(value, held, names, retain=True)
    again = gradients_of(value, held, names)  # what the first pass used up is made anew
    return {
        "values": value,
        **{f"gradients of {n}": g for n, g in first.items()},
        **{f"gradients of {n}{AGAIN}": g for n, g in again.items()},
    }


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.equal(one.nan_to_num(7.0), other.nan_to_num(7.0)) and torch.equal(one.isnan(), other.isnan())
