"""How far the factored output layer drifts from dense gradient descent in float64 over many steps."""

import argparse

import torch

import losskit
from benchmarks.timing import machine
from losskit.plugins.factored import FactoredHead

ROWS, WIDTH, CLASSES, RATE = 8, 64, 2**11, 0.5
KINDS = ("mse", "taylor", "spherical", "z_loss")


def row(kind: str, steps: int) -> str:
    """A line of the table: refolds, drift of the kept statistics, and the distance from the dense weight."""
    draw = torch.Generator().manual_seed(0)
    weight = torch.randn(CLASSES, WIDTH, generator=draw, dtype=torch.float64) / WIDTH**0.5
    head, loss = FactoredHead.from_weight(weight, kind=kind), losskit.create("spherical_head", kind=kind)
    for _ in range(steps):
        hidden = torch.randn(ROWS, WIDTH, generator=draw, dtype=torch.float64) / WIDTH**0.5
        target = torch.randint(0, CLASSES, (ROWS,), generator=draw)
        leaf = weight.requires_grad_()
        (gradient,) = torch.autograd.grad(loss(hidden, leaf, target), leaf)
        weight = weight.detach() - RATE * gradient
        head.step(hidden, target, RATE)
    apart = float((head.weight() - weight).abs().max() / weight.abs().max())
    return f"| {kind} | {head.refolds} | {head.drift():.1g} | {apart:.1g} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000, help="of each loss")
    steps = parser.parse_args().steps
    print(f"{steps} steps of {ROWS} rows, width {WIDTH}, {CLASSES} classes, learning rate {RATE}\n{machine()}\n")
    print("| loss | refolds | drift of the statistics | distance from the dense weight |\n| --- | --- | --- | --- |")
    for kind in KINDS:
        print(row(kind, steps), flush=True)


if __name__ == "__main__":
    main()
