"""The law of images: flipped, turned or transposed together they keep their values."""

from __future__ import annotations

import math
import random
from itertools import combinations
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, span, taken
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import SpatialInvariant


def images(spec: LossSpec) -> str:
    """The variadic shape symbol that stands for the axes of images; empty where there is none."""
    return next((s for s in spec.symbols() if s.startswith("*")), "")


class Turned(Law):
    """Values of turned images equal the turned values of the images.

    Where a symbol stands for all axes of the samples one image is the whole batch, folded into a plane.
    """

    claimed: SpatialInvariant
    detail = "the value of the images turned, and as they are"
    wants: ClassVar[str] = "a symbol for the axes of images in the shape of an input, such as '*space'"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return {**data, "_turn": rng.getrandbits(16)}

    def concerns(self, spec: LossSpec) -> bool:
        return bool(images(spec))

    def applies(self, subject: Subject, data: Data) -> str:
        spec = subject.spec
        whole = batch_symbol(spec) == images(spec)
        if whole and any(data.get(i.name) is None for i in spec.inputs if images(spec) in i.shape):
            return "positions have a meaning of their own where an input is absent"
        return super().applies(subject, data)

    def sides(self, subject: Subject, data: Data) -> Sides:
        symbol = images(subject.spec)
        plane, turned = self._both(subject, data, symbol)
        noise = subject.read(plane).noise
        if subject.coupled or symbol not in subject.spec.output:
            after, before = subject.value(turned), subject.value(plane)
            return Sides(after, before, noise=2 * noise)
        after, before = subject.call(turned), subject.call(plane)
        shape = subject.spec.output
        moved = _turn(before, *_span_of(shape, symbol, before), self.claimed.group, data["_turn"])
        # what rounds a row of the plane bounds what rounds an entry of it
        return Sides(after.reshape(-1), moved.reshape(-1), noise=2 * float(noise.amax()))

    def _both(self, subject: Subject, data: Data, symbol: str) -> tuple[Data, Data]:
        """The images as they are, and turned; in a plane if the loss takes both, for a parameter may ask for longer axes."""
        whole = batch_symbol(subject.spec) == symbol and not subject.graph  # a graph takes the axes it was traced with
        if whole:
            plane = _folded(subject, data, symbol)
            turned = self._turned(subject, plane, symbol)
            if taken(subject, plane) and taken(subject, turned):
                return plane, turned
        return data, self._turned(subject, data, symbol)

    def _turned(self, subject: Subject, data: Data, symbol: str) -> Data:
        turned = dict(data)
        for entry in subject.spec.inputs:
            tensor = data.get(entry.name)
            if tensor is not None and symbol in entry.shape:
                axes = span(subject, entry.name, symbol, tensor)
                turned[entry.name] = _turn(tensor, *axes, self.claimed.group, data["_turn"])
        return turned


def _folded(subject: Subject, data: Data, symbol: str) -> Data:
    """The data with the one axis that a batch of elements was drawn with folded into two."""
    folded = dict(data)
    for entry in subject.spec.inputs:
        tensor = data.get(entry.name)
        if tensor is None or symbol not in entry.shape:
            continue
        first, last = span(subject, entry.name, symbol, tensor)
        if last - first == 1:
            count = tensor.shape[first]
            height = next((n for n in range(math.isqrt(count), 0, -1) if count % n == 0), 1)
            folded[entry.name] = tensor.unflatten(first, (height, -1)) if count else tensor
    return folded


def _span_of(shape: tuple[str, ...], symbol: str, tensor: Tensor) -> tuple[int, int]:
    first = shape.index(symbol)
    return first, tensor.dim() - (len(shape) - first - 1)


def _turn(tensor: Tensor, first: int, last: int, group: str, code: int) -> Tensor:
    """A tensor whose axes from first to before last are reversed and exchanged, as a number says."""
    axes = list(range(first, last))
    rng = random.Random(code)
    kind = rng.choice(("flips", "turns", "swaps")) if group == "all" else group
    planes = list(combinations(axes, 2))
    if kind == "flips" or not planes:
        flipped = [axis for axis in axes if rng.random() < 0.5] or axes[-1:]
        return tensor.flip(flipped) if group in ("all", "flips") else tensor
    plane = rng.choice(planes)
    return torch.rot90(tensor, rng.choice((1, 2, 3)), plane) if kind == "turns" else tensor.transpose(*plane)
