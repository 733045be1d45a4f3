"""Training steps of the factored output layer at two numbers of classes, against a dense softmax and an adaptive one."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own name for it
from torch import Tensor, nn

from benchmarks.timing import Benchmark, Step
from losskit.plugins.factored import FactoredHead

ROWS, WIDTH, SMALL, FEW, MANY = 32, 64, 64, 2**14, 2**20
TURN = 8  # steps in one turn
RATE = 0.1
CUTOFFS = {SMALL: [16], FEW: [2000, 8000], MANY: [2000, 10_000, 100_000]}
Train = Callable[[Tensor, Tensor], object]


def batch(classes: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Hidden states, and targets of the log-uniform law, roughly that of words: what the adaptive softmax is made for."""
    hidden = torch.randn(ROWS, WIDTH, generator=draw) / WIDTH**0.5
    return hidden, (classes ** torch.rand(ROWS, generator=draw)).long().clamp(max=classes) - 1


def turn_of(make: Callable[[int], Train], classes: int) -> Step:
    """Several steps on batches of their own; what a first call loads and keeps is loaded by a small layer before."""
    torch.manual_seed(0)
    draw = torch.Generator().manual_seed(0)
    make(SMALL)(*batch(SMALL, draw))
    train = make(classes)

    def turn() -> None:
        for _ in range(TURN):
            train(*batch(classes, draw))

    return turn


def factored(classes: int) -> Train:
    """Value, gradient of the hidden states and update of the factored layer."""
    return partial(FactoredHead(WIDTH, classes).step, lr=RATE)


def trained(head: nn.Module, loss: Callable[[Tensor, Tensor], Tensor]) -> Train:
    """The same by backward pass and the framework's gradient descent."""
    optimiser = torch.optim.SGD(head.parameters(), lr=RATE)

    def train(hidden: Tensor, target: Tensor) -> None:
        optimiser.zero_grad()
        loss(hidden.requires_grad_(), target).backward()
        optimiser.step()

    return train


def dense(classes: int) -> Train:
    """A linear layer and cross-entropy."""
    head = nn.Linear(WIDTH, classes, bias=False)
    return trained(head, lambda hidden, target: F.cross_entropy(head(hidden), target))


def adaptive(classes: int) -> Train:
    """The framework's adaptive softmax: an approximation, whose rare classes have few features."""
    head = nn.AdaptiveLogSoftmaxWithLoss(WIDTH, classes, CUTOFFS[classes])
    return trained(head, lambda hidden, target: head(hidden, target).loss)


BENCHMARK = Benchmark(
    "benchmarks.factored_head",
    f"Output layer, {TURN} training steps of {ROWS} rows, width {WIDTH}, {FEW} and {MANY} classes; factored in float64, "
    "the others in float32",
    {
        f"{make.__name__}, {classes} classes": partial(turn_of, make, classes)
        for make, classes in (
            (factored, FEW),
            (factored, MANY),
            (dense, MANY),
            (adaptive, MANY),
            (dense, FEW),
            (adaptive, FEW),
        )
    },
)

if __name__ == "__main__":
    BENCHMARK.main()
