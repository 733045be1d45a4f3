"""The harness: seconds that the claims of each loss take in one process, and what they go into."""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch

from benchmarks.sampling import INTERVAL, KINDS, Kind, Profile, sampled
from benchmarks.timing import machine
from losskit import names, verify

TITLE = "The harness: seconds a loss, one process"
WANTED = {
    "quick": 8.0,
    "standard": 50.0,
}  # processor seconds a loss: 4 and 25 on the clock where two cores share the losses


@dataclass(frozen=True)
class Row:
    """One loss: its claims, those that fell or gave an error, seconds, and what these went into, as parts of 1.

    Processor seconds are those of the process: fewer where others keep the machine busy, more where threads share the work.
    """

    loss: str
    claims: int
    fallen: int
    seconds: float
    processor_seconds: float
    shares: dict[Kind, float]


def measured(loss: str, profile: str, seed: int = 0) -> tuple[Row, Profile]:
    """Attack every claim of a loss in this thread, once: what it keeps of a loss would spare a second run much."""
    start, busy = time.perf_counter(), time.process_time()
    with sampled() as work:
        (report,) = verify(loss, profile=profile, device="cpu", seed=seed, engine="here").losses
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    fallen = sum(finding.outcome in ("refuted", "undecided", "error") for finding in report.findings)
    return Row(loss, len(report.findings), fallen, seconds, busy, work.shares()), work


def together(rows: Sequence[Row], works: Sequence[Profile]) -> Row:
    """All losses; the seconds are those of one of them in the mean."""
    return Row(
        "all, in the mean",
        sum(row.claims for row in rows),
        sum(row.fallen for row in rows),
        fmean(row.seconds for row in rows),
        fmean(row.processor_seconds for row in rows),
        sum(works, Profile()).shares(),
    )


def line(row: Row, profile: str) -> str:
    """A row of the table; more processor seconds than wanted stand out."""
    busy = f"{row.processor_seconds:.2f}"
    busy = f"**{busy}**" if row.processor_seconds > WANTED[profile] else busy
    shares = " | ".join(f"{100 * row.shares[kind]:.0f} %" for kind in KINDS)
    return f"| {row.loss} | {row.claims} | {row.fallen} | {row.seconds:.2f} | {busy} | {shares} |"


def found(losses: Sequence[str], profile: str) -> Iterator[Row]:
    """A row for each loss, and one for all of them."""
    rows, works = [], []
    for loss in losses:
        row, work = measured(loss, profile)
        rows.append(row)
        works.append(work)
        yield row
    yield together(rows, works)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=TITLE)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--profile", choices=["quick", "standard"], default="quick", help="effort of the search")
    parser.add_argument("losses", nargs="*", metavar="LOSS", help="all if left out")
    return parser.parse_args()


def main() -> None:
    """Print a row of a table as soon as it is measured, or JSON of all at the end."""
    chosen = options()
    rows = found(chosen.losses or names(), chosen.profile)
    if chosen.json:
        fields = {"schema_version": 1, "title": TITLE, "machine": machine(), "profile": chosen.profile}
        print(json.dumps({**fields, "interval": INTERVAL, "rows": [vars(row) for row in rows]}, indent=2))
        return
    print(f"{TITLE}, profile {chosen.profile}, {torch.get_num_threads()} threads\n{machine()}\n")
    columns = ("loss", "claims", "fallen", "seconds", "processor seconds", *KINDS.values())
    print(f"| {' | '.join(columns)} |\n{'| --- ' * len(columns)}|", flush=True)
    for row in rows:
        print(line(row, chosen.profile), flush=True)


if __name__ == "__main__":
    main()
