"""Losses side by side: what they cost on the same inputs."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.search.inputs import draw
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec

ROWS, SIZE, CLASSES = 4096, 16, 100
ROUNDS = 11
TURN = 0.005  # seconds a turn takes at least, so that it is long against the clock


@dataclass(frozen=True)
class Cost:
    """Forward and backward of one loss, in turns with the others.

    Attributes:
        seconds: middle of the rounds.
        ratio: to the first loss in the same round: least, middle, most.
        kept: bytes that the forward pass keeps for the backward pass, besides the inputs.
    """

    seconds: float
    ratio: tuple[float, float, float]
    kept: int


def shared_inputs(specs: Sequence[LossSpec]) -> bool:
    """Whether all take the same required inputs: by name, shape, type and admissible values."""
    taken = [{(i.name, i.shape, i.dtype, str(i.domain)) for i in spec.inputs if not i.optional} for spec in specs]
    return all(one == taken[0] for one in taken)


def cost(losses: Mapping[str, tuple[LossSpec, Mapping[str, Any]]]) -> tuple[dict[str, Cost], dict[str, list[int]]]:
    """What losses cost on the same float32 inputs on this machine's CPU, and the shapes of these.

    Args:
        losses: specs with parameters, by what they are called; all take the same inputs.
    """
    (spec, parameters), *_ = losses.values()
    data = _inputs(Subject(spec, parameters, dtype=torch.float32))
    modules = {name: Subject(s, p, dtype=torch.float32).module("mean") for name, (s, p) in losses.items()}
    order = {name: [i.name for i in s.inputs] for name, (s, _) in losses.items()}
    steps = {name: _step(module, order[name], data, losses[name][0]) for name, module in modules.items()}
    seconds = _in_turns(steps)
    reference = next(iter(seconds.values()))
    found = {}
    for name, own in seconds.items():
        ratios = sorted(a / b for a, b in zip(own, reference, strict=True))
        spread = (ratios[0], statistics.median(ratios), ratios[-1])
        found[name] = Cost(statistics.median(own), spread, _kept(modules[name], order[name], data, losses[name][0]))
    return found, {name: list(value.shape) for name, value in data.items() if torch.is_tensor(value)}


def _inputs(subject: Subject) -> Data:
    target = subject.spec.class_target()
    axis = getattr(target.domain, "of", None) if target is not None else None
    sizes = {s: CLASSES if s == axis else SIZE for s in subject.spec.symbols()}
    data = draw(subject, sizes, ROWS, random.Random(0), (1.0,), 0.0)
    optional = {entry.name for entry in subject.spec.inputs if entry.optional}
    return {name: value for name, value in data.items() if name not in optional}


def _leaves(data: Data, spec: LossSpec) -> Data:
    names = spec.differentiable()
    return {n: v.detach().clone().requires_grad_() if n in names else v for n, v in data.items()}


def _step(module: Callable[..., Tensor], order: list[str], data: Data, spec: LossSpec) -> Callable[[], None]:
    held = _leaves(data, spec)

    def step() -> None:
        for tensor in held.values():
            tensor.grad = None
        module(*(held.get(name) for name in order)).backward()

    return step


def _in_turns(steps: Mapping[str, Callable[[], None]]) -> dict[str, list[float]]:
    """Seconds of a step in each round; every loss has a turn in every round, so that a busy machine slows them alike."""
    for step in steps.values():
        step()
    often = {name: max(1, round(TURN / max(_time(step, 1), 1e-7))) for name, step in steps.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            seconds[name].append(_time(step, often[name]))
    return seconds


def _time(step: Callable[[], None], often: int) -> float:
    start = time.perf_counter()
    for _ in range(often):
        step()
    return (time.perf_counter() - start) / often


def _kept(module: Callable[..., Tensor], order: list[str], data: Data, spec: LossSpec) -> int:
    held = _leaves(data, spec)
    own = {tensor.untyped_storage().data_ptr() for tensor in held.values()}
    found: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        value = module(*(held.get(name) for name in order))
    value.backward()
    return sum(found.values())
