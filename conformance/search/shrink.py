"""Making a witness small: rounder numbers and more zeros, for as long as it still breaks the law."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from losskit.conformance.subject import Data

ENTRIES = 40


def shrink(data: Data, names: tuple[str, ...], breaks: Callable[[Data], bool]) -> Data:
    """The simplest data found that still breaks the law, only the named tensors changed."""
    small = dict(data)
    for name in names:
        if torch.is_tensor(data[name]) and data[name].is_floating_point():
            small = _simplest(small, name, breaks)
    return small


def _simplest(data: Data, name: str, breaks: Callable[[Data], bool]) -> Data:
    for candidate in _rounder(data[name]):
        if breaks({**data, name: candidate}):
            data = {**data, name: candidate}
            break
    flat = data[name].reshape(-1)
    for place in range(min(len(flat), ENTRIES)):
        zeroed = data[name].reshape(-1).clone()
        zeroed[place] = 0.0
        changed = {**data, name: zeroed.reshape(data[name].shape)}
        if not torch.equal(zeroed, data[name].reshape(-1)) and breaks(changed):
            data = changed
    return data


def _rounder(tensor: Tensor) -> Iterator[Tensor]:
    yield torch.zeros_like(tensor)
    for decimals in (0, 1, 2, 3):
        yield torch.round(tensor, decimals=decimals)
