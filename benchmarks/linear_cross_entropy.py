"""Linear cross-entropy against eager logits, the framework's operator with its own chunk size, and our own sweep."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - the framework's own name for it
from torch import Tensor

import losskit
from benchmarks.timing import Benchmark, Step
from losskit.plugins.ops import linear_log_loss

TOKENS, WIDTH, VOCABULARY = 1024, 512, 32768
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def inputs(tokens: int, width: int, vocabulary: int) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, classifier matrix and targets."""
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn(tokens, width, generator=draw).requires_grad_()
    weight = torch.randn(vocabulary, width, generator=draw).mul_(0.05).requires_grad_()
    return hidden, weight, torch.randint(0, vocabulary, (tokens,), generator=draw)


def backward_of(loss: Loss) -> Step:
    """Forward and backward pass; what a first call loads and keeps is loaded before."""
    loss(*inputs(300, 2, 8)).backward()
    hidden, weight, target = inputs(TOKENS, WIDTH, VOCABULARY)

    def step() -> None:
        hidden.grad = weight.grad = None
        loss(hidden, weight, target).backward()

    return step


def eager(hidden: Tensor, weight: Tensor, target: Tensor) -> Tensor:
    """All logits at once."""
    return F.cross_entropy(hidden @ weight.T, target)


def framework_default(hidden: Tensor, weight: Tensor, target: Tensor) -> Tensor:
    """The framework's operator with the chunk size it chooses."""
    return F.linear_cross_entropy(hidden, weight, target, options=torch.nn.LinearCrossEntropyOptions())


def own_sweep(hidden: Tensor, weight: Tensor, target: Tensor) -> Tensor:
    """Our sweep, as on versions without the operator."""
    had, linear_log_loss.HAS_OPERATOR = linear_log_loss.HAS_OPERATOR, False
    try:
        value: Tensor = losskit.create("linear_cross_entropy")(hidden, weight, target)
    finally:
        linear_log_loss.HAS_OPERATOR = had
    return value


CANDIDATES: dict[str, Callable[[], Step]] = {
    "losskit": lambda: backward_of(losskit.create("linear_cross_entropy")),
    "losskit, own sweep": lambda: backward_of(own_sweep),
    "losskit, softcap=30": lambda: backward_of(losskit.create("linear_cross_entropy", softcap=30.0)),
    "eager": lambda: backward_of(eager),
}
if linear_log_loss.HAS_OPERATOR:
    CANDIDATES["torch, default chunk"] = lambda: backward_of(framework_default)

BENCHMARK = Benchmark(
    "benchmarks.linear_cross_entropy",
    f"Linear cross-entropy, forward and backward: {TOKENS} tokens, width {WIDTH}, vocabulary {VOCABULARY}, float32",
    CANDIDATES,
)

if __name__ == "__main__":
    BENCHMARK.main()
