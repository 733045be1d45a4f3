"""Losses against the form a user would otherwise write or call, forward and backward, in pairs."""

import argparse
from collections.abc import Callable

from torch import Tensor

import losskit
from benchmarks import inputs
from benchmarks.inputs import CLASSES
from benchmarks.pairs import PAIRS, Pair
from benchmarks.timing import Benchmark, Row, Step, command_line, show_tables

ONE_TURN = 5  # steps a turn takes, so that a turn is long against the clock and the caches settle
TITLE = f"losses against peers: rows of {CLASSES} classes, or as many numbers, float32"
OURS, THEIRS = "losskit", "peer"


def turn_of(pair: Pair, loss: Callable[..., Tensor]) -> Step:
    """A turn of forward and backward passes."""
    drawn = pair.inputs()
    trained = [tensor.requires_grad_() for tensor in drawn[: pair.trained]]

    def turn() -> None:
        for _ in range(ONE_TURN):
            for tensor in trained:
                tensor.grad = None
            loss(*drawn).backward()

    return turn


def benchmark(name: str) -> Benchmark:
    """The pair of one loss."""
    pair = PAIRS[name]
    loss = losskit.create(name, **pair.parameters)
    steps = {
        OURS: lambda: turn_of(pair, lambda *inputs: pair.ours(loss, inputs)),
        THEIRS: lambda: turn_of(pair, pair.peer),
    }
    return Benchmark("benchmarks.against_peers", name, {f"{name}:{who}": step for who, step in steps.items()})


def line(name: str, found: list[Row]) -> str:
    """A row of the table."""
    theirs = found[1]
    ratio = f"{1 / theirs.ratio.middle:.2f} ({1 / theirs.ratio.most:.2f} to {1 / theirs.ratio.least:.2f})"
    times = " | ".join(f"{row.seconds.middle / ONE_TURN * 1e3:.3g}" for row in found)
    peaks = " | ".join("" if row.peak_mib is None else f"{row.peak_mib:.0f}" for row in found)
    return f"| {name} | {PAIRS[name].told} | {times} | {ratio} | {peaks} |"


def options() -> argparse.Namespace:
    """The command line."""
    parser = command_line(TITLE)
    parser.add_argument(
        "--peak-of", metavar="NAME:WHO", help="print the bytes one turn of a candidate adds to the peak"
    )
    parser.add_argument(
        "--rows", type=int, default=inputs.ROWS, help="rows of the inputs; peaks are taken at the default"
    )
    parser.add_argument(
        "--no-peaks", action="store_true", help="leave out the memory, which takes processes of its own"
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
    inputs.ROWS = chosen.rows
    names = chosen.names or [name for name in PAIRS if name in losskit.names()]
    tables = ((name, benchmark(name).measure(chosen.repeats, peaks=not chosen.no_peaks)) for name in names)
    header = "| loss | peer | losskit, ms | peer, ms | losskit/peer | losskit, MiB | peer, MiB |"
    show_tables(f"{TITLE}, {chosen.rows} rows", tables, header, line, chosen.json)


if __name__ == "__main__":
    main()
