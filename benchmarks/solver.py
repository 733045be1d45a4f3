"""The solver of label distributions: how many it settles in a second, on the CPU and on CUDA, and how often the host waits."""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.timing import command_line, machine
from losskit.conformance.decision.distributions import distributions
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.risk import Risk
from losskit.conformance.decision.solver import solve
from losskit.conformance.stand_in import reads
from losskit.conformance.subject import Subject
from losskit.plugins.debug import unread
from losskit.registry import get

TITLE = "Least conditional risks of label distributions"
WANTED = 50.0  # distributions a second on CUDA, over those on the CPU
STEPS = 200  # of BFGS, as in the deep profile


class Operations(TorchDispatchMode):
    """Counts operations, and those whose result the host must read."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.all, self.read = 0, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        self.all += 1
        self.read += reads(func, args, kwargs)
        return func(*args, **kwargs)


@dataclass(frozen=True)
class Row:
    """What one solve took: distributions a second, their ratio to the CPU's, operations, and how many of them are read."""

    device: str
    distributions: int
    per_second: float
    ratio: float
    operations: int
    reads: int


def counted(loss: str, classes: int, count: int, device: str) -> Operations:
    """Operations of one solve, by the way that the loss takes on an accelerator."""
    operations = Operations()
    with unread(), operations:
        _solve(loss, classes, count, device)
    return operations


def measured(loss: str, classes: int, count: int, device: str, repeats: int) -> float:
    """Distributions a second, the best of some runs after one that does not count."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        _solve(loss, classes, count, device)
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return count / min(seconds[1:])


def _solve(loss: str, classes: int, count: int, device: str) -> None:
    risk = Risk.of(Subject(get(loss), {}, device))
    if risk is None:
        raise SystemExit(f"{loss} is no loss of scores and labels, so it has no conditional risk")
    p = distributions(classes, count, 0, device)[:count]
    solve(risk.measured(classes), p, Ranking.free(p), 0, STEPS)


def found(options: argparse.Namespace) -> Iterator[Row]:
    """Rows for the devices there are, for each number of distributions."""
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for count in options.distributions:
        rates = {device: measured(options.loss, options.classes, count, device, options.repeats) for device in devices}
        for device, rate in rates.items():
            operations = counted(options.loss, options.classes, count, device)
            yield Row(device, count, rate, rate / rates["cpu"], operations.all, operations.read)


def main() -> None:
    """Print a table, or JSON."""
    parser = command_line(TITLE)
    parser.add_argument("--loss", default="cross_entropy", help="a loss of scores and labels")
    parser.add_argument("--classes", type=int, default=5, help="their number")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU")
    parser.add_argument("distributions", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="how many at once")
    parser.set_defaults(repeats=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = found(options)
    if options.json:
        document = {"schema_version": 1, "title": TITLE, "machine": machine(), "rows": [asdict(row) for row in rows]}
        print(json.dumps(document, indent=2))
        return
    print(f"{TITLE}: {options.loss}, {options.classes} classes, {options.threads} threads\n{machine()}\n")
    print(
        "| device | distributions | a second | ratio to the CPU | operations | read by the host |\n"
        + "| --- " * 6
        + "|"
    )
    for row in rows:
        slow = row.device == "cuda" and row.ratio < WANTED
        ratio = f"**{row.ratio:.3g}**" if slow else f"{row.ratio:.3g}"
        cells = (row.device, row.distributions, f"{row.per_second:.0f}", ratio, row.operations, row.reads)
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
    if not torch.cuda.is_available():
        print("\nThere is no CUDA device here.")


if __name__ == "__main__":
    main()
