"""Step-wise direct coverage: step ids are names, and what lies outside every step is not there."""

from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.ops.segments import segment_places, segment_sums

IDS = [
    [[0, 0, 1, 1, 2, 2]],
    [[5, 3, 5, 3, 5, 7]],
    [[2**62, 0, 2**62, 2**63 - 1, -1, 0]],
    [[-1, -1, -1, -1, -1, -1]],
    [[-1, -7, 4, -(2**63), 4, 0]],
    [[0, 1, 2, 3, 4, 5], [9, 9, 9, 9, 9, 9], [1, -1, 1, -1, 1, -1]],
]


@pytest.mark.parametrize("ids", IDS, ids=str)
def test_segments_are_positions_of_equal_ids(ids: list[list[int]]) -> None:
    values = torch.arange(1.0, 1 + 6 * len(ids), dtype=torch.float64).view(len(ids), 6)
    inside = torch.tensor(ids) >= 0
    places, counts = segment_places(torch.where(inside, torch.tensor(ids), -1))
    sums = segment_sums(torch.where(inside, values, torch.zeros_like(values)), places)
    for row, names in enumerate(ids):
        wanted = [
            sum(float(v) for v, n in zip(values[row], names, strict=True) if n == name)
            for name in sorted({n for n in names if n >= 0})
        ]
        assert int(counts[row]) == len(wanted)
        outside = [0.0] if min(names) < 0 else []  # what belongs to no step has a place before all others
        assert sums[row].tolist() == (outside + wanted + [0.0] * 6)[:6]


def inputs(rows: int = 3, tokens: int = 7, words: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(rows, tokens, words, generator=draw, dtype=torch.float64, requires_grad=True)
    target = torch.randint(0, words, (rows, tokens), generator=draw)
    return logits, target, torch.randint(0, 3, (rows, tokens), generator=draw)


def value_and_gradient(*tensors: Tensor, **parameters: Any) -> tuple[Tensor, Tensor]:
    value = losskit.create("direct_coverage_step", **parameters)(*tensors)
    return value, torch.autograd.grad(value.sum(), tensors[0])[0]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_other_names_of_the_steps_change_nothing(reduction: str) -> None:
    logits, target, steps = inputs()
    names = torch.tensor([2**62, 0, 17])
    value, gradient = value_and_gradient(logits, target, steps, reduction=reduction)
    other, slope = value_and_gradient(logits, target, names[steps], reduction=reduction)
    torch.testing.assert_close(other, value, rtol=1e-15, atol=0)
    torch.testing.assert_close(slope, gradient, rtol=1e-15, atol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_tokens_outside_every_step_count_as_absent(reduction: str) -> None:
    logits, target, steps = inputs()
    kept = [0, 2, 3, 5]
    outside = torch.full_like(steps, -1)
    outside[:, kept] = steps[:, kept]
    with torch.no_grad():
        logits[:, [1, 4, 6]] = float("nan")
    value, gradient = value_and_gradient(logits, target, outside, reduction=reduction)
    rest = logits.detach()[:, kept].requires_grad_()
    wanted, slope = value_and_gradient(rest, target[:, kept], steps[:, kept], reduction=reduction)
    torch.testing.assert_close(value, wanted)
    torch.testing.assert_close(gradient[:, kept], slope)
    assert not bool(gradient[:, [1, 4, 6]].any())


def test_the_mean_is_over_the_steps_of_the_batch() -> None:
    logits, target, _ = inputs(rows=2, tokens=3)
    steps = torch.tensor([[0, 1, 2], [4, 4, 4]])
    total = losskit.create("direct_coverage_step", reduction="sum")(logits, target, steps)
    mean = losskit.create("direct_coverage_step")(logits, target, steps)
    weighted = losskit.create("direct_coverage_step")(logits, target, steps, sample_weight=torch.tensor([2.0, 0.0]))
    alone = losskit.create("direct_coverage_step")(logits[:1], target[:1], steps[:1])
    torch.testing.assert_close(mean, total / 4)
    torch.testing.assert_close(weighted, alone)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_sequences_without_tokens_have_nothing_to_average(reduction: str) -> None:
    nothing = torch.zeros(2, 0, dtype=torch.int64)
    logits = torch.zeros(2, 0, 3, requires_grad=True)
    value, _ = value_and_gradient(logits, nothing, nothing, reduction=reduction)
    assert not bool(value.any())


def test_a_step_of_equal_ids_in_two_sequences_is_two_steps() -> None:
    logits, target, _ = inputs(rows=2, tokens=2)
    steps = torch.zeros(2, 2, dtype=torch.int64)
    found = losskit.create("direct_coverage_step", n_eff=16.0)(logits, target, steps)
    torch.testing.assert_close(found, losskit.create("direct_coverage", n_samples=16.0)(logits, target))
