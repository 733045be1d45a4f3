"""The blocked sweep over positive-negative pairs agrees with all pairs at once and never holds them."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import losskit
from losskit.plugins.ops import logistic_pairs
from losskit.plugins.ops.blocked import blocked_sum, blocked_values
from losskit.plugins.ops.logistic_pairs import BLOCK_ENTRIES, LogisticPairs

Sides = tuple[Tensor, Tensor, Tensor, Tensor]
PAIRS = LogisticPairs(temperature=0.3)


class Largest(TorchDispatchMode):
    """Remembers how many entries the largest tensor had that any operation returned."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for tensor in found if isinstance(found, tuple | list) else (found,):
            if isinstance(tensor, Tensor):
                self.entries = max(self.entries, tensor.numel())
        return found


def sides(positives: int, negatives: int) -> Sides:
    generator = torch.Generator().manual_seed(0)
    scores = [torch.randn(n, dtype=torch.float64, generator=generator) for n in (positives, negatives)]
    weights = [torch.rand(n, dtype=torch.float64, generator=generator) for n in (positives, negatives)]
    return scores[0].requires_grad_(), scores[1].requires_grad_(), weights[0], weights[1]


@pytest.mark.parametrize("positives", [26, 27, 60])  # 26 positives fill one block of 20000 negatives
def test_blocks_agree_with_all_pairs_at_once(positives: int) -> None:
    given = sides(positives, 20000)
    cotangent = torch.linspace(-1, 2, positives, dtype=torch.float64)
    plain, blocked = PAIRS.plain(*given), blocked_values(PAIRS, *given)
    torch.testing.assert_close(blocked, plain, rtol=1e-12, atol=0)
    wanted = torch.autograd.grad(plain, given[:2], cotangent)
    found = torch.autograd.grad(blocked, given[:2], cotangent)
    torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-13)


def test_the_sum_makes_its_gradient_in_the_forward_pass_and_again_for_a_second_backward() -> None:
    given = sides(30, 20000)
    wanted = torch.autograd.grad(PAIRS.plain(*given).sum(), given[:2])
    total = blocked_sum(PAIRS, *given)
    for _ in range(2):
        found = torch.autograd.grad(total, given[:2], retain_graph=True)
        torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-13)


def test_second_derivatives_pass_through_the_blocks() -> None:
    given = sides(4, 7)
    assert torch.autograd.gradgradcheck(lambda p, n: blocked_sum(PAIRS, p, n, *given[2:]), given[:2])


def test_no_tensor_is_larger_than_a_block() -> None:
    pairs = 300 * 20000
    given = sides(300, 20000)
    with Largest() as largest:
        blocked_sum(PAIRS, *given).backward()
    assert pairs > 10 * BLOCK_ENTRIES
    assert largest.entries <= BLOCK_ENTRIES


def test_a_matrix_of_scores_meets_all_its_negatives_in_blocks() -> None:
    scores = torch.randn(64, 256, generator=torch.Generator().manual_seed(0)).requires_grad_()
    with Largest() as largest:
        losskit.create("mann_whitney", temperature=1.0)(scores).backward()
    assert 64 * scores.numel() > BLOCK_ENTRIES
    assert largest.entries <= BLOCK_ENTRIES


def test_a_row_of_negatives_larger_than_a_block_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given = sides(5, 9)
    monkeypatch.setattr(logistic_pairs, "BLOCK_ENTRIES", 4)
    torch.testing.assert_close(blocked_values(PAIRS, *given), PAIRS.plain(*given), rtol=1e-12, atol=0)
