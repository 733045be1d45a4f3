"""Multi-similarity against pytorch-metric-learning's miner and loss (extra ``peers``), and against our form for graphs."""

from collections.abc import Callable

import torch
from pytorch_metric_learning.losses import MultiSimilarityLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor

import losskit
from benchmarks.timing import Benchmark, Step
from losskit.plugins.metric_learning.multi_similarity.loss import AnchorBlocks
from losskit.plugins.ops.vectors import unit_rows

ROWS, WIDTH, SAMPLES = 4096, 128, 8


def batch(rows: int) -> tuple[Tensor, Tensor]:
    """Embeddings that scatter about their class centres, so that mining has something to find."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(rows) // SAMPLES
    centres = torch.randn(-(-rows // SAMPLES), WIDTH, generator=draw)
    return (centres[labels] + torch.randn(rows, WIDTH, generator=draw)).requires_grad_(), labels


def backward_of(loss: Callable[[Tensor, Tensor], Tensor]) -> Step:
    """Forward and backward pass; what a first call loads and keeps is loaded before."""
    loss(*batch(2 * SAMPLES)).backward()
    x, labels = batch(ROWS)

    def step() -> None:
        x.grad = None
        loss(x, labels).backward()

    return step


def all_pairs(x: Tensor, labels: Tensor) -> Tensor:
    """The form that graphs take."""
    unit, loss = unit_rows(x), AnchorBlocks(alpha=2.0, beta=50.0, lam=0.5, epsilon=0.1, mining=True)
    return loss.plain(unit, labels).mean()


def peer(x: Tensor, labels: Tensor) -> Tensor:
    """The peer's miner and loss with our parameters."""
    mine, loss = MultiSimilarityMiner(epsilon=0.1), MultiSimilarityLoss(alpha=2.0, beta=50.0, base=0.5)
    value: Tensor = loss(x, labels, mine(x, labels))
    return value


BENCHMARK = Benchmark(
    "benchmarks.multi_similarity",
    f"Multi-similarity with mining, forward and backward: {ROWS} rows, width {WIDTH}, {SAMPLES} a class, float32",
    {
        "losskit": lambda: backward_of(losskit.create("multi_similarity")),
        "losskit, plain form": lambda: backward_of(all_pairs),
        "pytorch-metric-learning": lambda: backward_of(peer),
    },
)

if __name__ == "__main__":
    BENCHMARK.main()
