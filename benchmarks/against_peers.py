"""Losses of scores against the form a user would otherwise write or call, forward and backward, in pairs.

A peer is the framework's own function where there is one, else the shortest vectorised form that is right at ordinary inputs.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

import losskit
from benchmarks.timing import Benchmark, Row, Step, command_line, machine

ROWS, CLASSES = 8192, 1000
Inputs = tuple[Tensor, ...]
ONE_TURN = 5  # steps a turn takes, so that a turn is long against the clock and the caches settle


@dataclass(frozen=True)
class Pair:
    """A loss and its peer.

    Attributes:
        peer: takes the same tensors, gives the mean.
        inputs: makes them; the first one gets the gradient.
        parameters: of the loss.
        told: what the peer is.
    """

    peer: Callable[..., Tensor]
    inputs: Callable[[], Inputs]
    told: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def step(self, loss: Callable[..., Tensor]) -> Step:
        """A turn of forward and backward passes."""
        first, *rest = self.inputs()
        first.requires_grad_()

        def turn() -> None:
            for _ in range(ONE_TURN):
                first.grad = None
                loss(first, *rest).backward()

        return turn


def classes() -> Inputs:
    """Scores of many classes and labels."""
    draw = torch.Generator().manual_seed(0)
    scores = torch.randn(ROWS, CLASSES, generator=draw)
    return scores, torch.randint(CLASSES, (ROWS,), generator=draw)


def answers() -> Inputs:
    """As many scores in one vector, and answers 0 or 1."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS * CLASSES, generator=draw), torch.randint(2, (ROWS * CLASSES,), generator=draw).float()


def numbers() -> Inputs:
    """As many predictions and targets."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(ROWS * CLASSES, generator=draw), torch.randn(ROWS * CLASSES, generator=draw)


def label_probability(scores: Tensor, target: Tensor) -> Tensor:
    """The probability of the label."""
    return scores.softmax(1).gather(1, target.unsqueeze(1)).squeeze(1)


def surprise(scores: Tensor, target: Tensor) -> Tensor:
    """Minus its logarithm."""
    return functional.cross_entropy(scores, target, reduction="none")


def one_hot(scores: Tensor, target: Tensor) -> Tensor:
    """Labels in the shape of the scores."""
    return functional.one_hot(target, scores.shape[1]).to(scores.dtype)


def margins(scores: Tensor, target: Tensor) -> Tensor:
    """Score times the sign of the answer."""
    return scores * (2 * target - 1)


def sigmoid_focal(x: Tensor, t: Tensor) -> Tensor:
    """With a quarter of the weight on positives and exponent 2."""
    p = x.sigmoid()
    wrong = t * (1 - p) + (1 - t) * p
    weight = 0.25 * t + 0.75 * (1 - t)
    return (weight * wrong.square() * functional.binary_cross_entropy_with_logits(x, t, reduction="none")).mean()


def focal(x: Tensor, y: Tensor) -> Tensor:
    """With exponent 2."""
    cost = surprise(x, y)
    return ((1 - (-cost).exp()).square() * cost).mean()


PAIRS = {
    "cross_entropy": Pair(functional.cross_entropy, classes, "torch's cross_entropy"),
    "label_smoothing_cross_entropy": Pair(
        lambda x, y: functional.cross_entropy(x, y, label_smoothing=0.1), classes, "torch's cross_entropy, smoothed"
    ),
    "comp_sum": Pair(
        lambda x, y: (1 - label_probability(x, y).sqrt()).mean() / 0.5, classes, "softmax, gather, power", {"tau": 1.5}
    ),
    "generalized_cross_entropy": Pair(
        lambda x, y: (1 - label_probability(x, y) ** 0.7).mean() / 0.7, classes, "softmax, gather, power"
    ),
    "mae_classification": Pair(
        lambda x, y: (x.softmax(1) - one_hot(x, y)).abs().sum(1).mean(), classes, "softmax against one-hot"
    ),
    "brier": Pair(
        lambda x, y: (x.softmax(1) - one_hot(x, y)).square().sum(1).mean(), classes, "softmax against one-hot"
    ),
    "one_hot_mse": Pair(lambda x, y: (x - one_hot(x, y)).square().sum(1).mean(), classes, "against one-hot"),
    "crammer_singer": Pair(
        lambda x, y: functional.multi_margin_loss(x, y),
        classes,
        "torch's multi_margin_loss (a sum where ours is a maximum)",
    ),
    "poly_loss": Pair(
        lambda x, y: (surprise(x, y) + 2 * (1 - label_probability(x, y))).mean(), classes, "cross_entropy and softmax"
    ),
    "focal": Pair(focal, classes, "cross_entropy, exponential, square"),
    "hinge": Pair(lambda x, t: (1 - margins(x, t)).relu().mean(), answers, "relu of margins"),
    "squared_hinge": Pair(lambda x, t: (1 - margins(x, t)).relu().square().mean(), answers, "squared relu of margins"),
    "logistic": Pair(lambda x, t: functional.softplus(-margins(x, t)).mean(), answers, "softplus of margins"),
    "exponential": Pair(lambda x, t: (-margins(x, t)).exp().mean(), answers, "exponential of margins"),
    "binary_cross_entropy_with_logits": Pair(
        functional.binary_cross_entropy_with_logits, answers, "torch's binary_cross_entropy_with_logits"
    ),
    "sigmoid_focal": Pair(sigmoid_focal, answers, "binary_cross_entropy_with_logits times the factor"),
    "mse": Pair(functional.mse_loss, numbers, "torch's mse_loss"),
    "mae": Pair(functional.l1_loss, numbers, "torch's l1_loss"),
    "huber": Pair(functional.huber_loss, numbers, "torch's huber_loss"),
}
OURS, THEIRS = "losskit", "peer"


def benchmark(name: str) -> Benchmark:
    """The pair of one loss."""
    pair = PAIRS[name]
    loss = losskit.create(name, **pair.parameters)
    steps = {OURS: lambda: pair.step(loss), THEIRS: lambda: pair.step(pair.peer)}
    return Benchmark("benchmarks.against_peers", name, {f"{name}:{who}": step for who, step in steps.items()})


def line(name: str, found: list[Row]) -> str:
    """A row of the table."""
    theirs = found[1]
    ratio = f"{1 / theirs.ratio.middle:.2f} ({1 / theirs.ratio.most:.2f} to {1 / theirs.ratio.least:.2f})"
    times = " | ".join(f"{row.seconds.middle / ONE_TURN * 1e3:.3g}" for row in found)
    peaks = " | ".join(f"{row.peak_mib or 0:.0f}" for row in found)
    return f"| {name} | {PAIRS[name].told} | {times} | {ratio} | {peaks} |"


def options() -> argparse.Namespace:
    """The command line."""
    parser = command_line(f"losses against peers: {ROWS} rows of {CLASSES} classes, or as many numbers, float32")
    parser.add_argument(
        "--peak-of", metavar="NAME:WHO", help="print the bytes one turn of a candidate adds to the peak"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="losses; all if left out")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    chosen = options()
    if chosen.peak_of:
        from benchmarks.timing import peak_rise

        print(peak_rise(benchmark(chosen.peak_of.partition(":")[0]).candidates[chosen.peak_of]()))
        return
    print(f"{machine()}\n\n| loss | peer | losskit, ms | peer, ms | losskit/peer | losskit, MiB | peer, MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in chosen.names or [name for name in PAIRS if name in losskit.names()]:
        print(line(name, benchmark(name).measure(chosen.repeats)), flush=True)


if __name__ == "__main__":
    main()
