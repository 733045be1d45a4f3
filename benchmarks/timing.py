"""Interleaved timing and peak memory: candidates take turns, so a busy machine slows them alike and ratios keep their meaning."""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

Step = Callable[[], object]
MIB = 2**20
# ru_maxrss counts kilobytes on Linux and bytes on macOS
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
# glibc keeps what it got as large blocks, and how much of it depends on their order: so a peak shows what is held
GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


@dataclass(frozen=True)
class Spread:
    """Least, middle and largest of repeated measurements."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(min(values), statistics.median(values), max(values))

    def __str__(self) -> str:
        return f"{self.middle:.3g} ({self.least:.3g} to {self.most:.3g})"


@dataclass(frozen=True)
class Row:
    """One candidate: seconds a step, their ratio to the reference's in the same round, peak memory beside the inputs."""

    name: str
    seconds: Spread
    ratio: Spread
    peak_mib: float | None


@dataclass(frozen=True)
class Benchmark:
    """Candidates for the same work, the first of them the reference.

    Attributes:
        module: of the benchmark, to run it again in a process of its own.
        title: what is measured, sizes included.
        candidates: for each name a function that makes the inputs and returns the step to be timed.
    """

    module: str
    title: str
    candidates: Mapping[str, Callable[[], Step]]

    def measure(self, repeats: int, *, peaks: bool = True) -> list[Row]:
        """Time all candidates in turns in this process, and the peak memory of each in one of its own."""
        steps = {name: prepare() for name, prepare in self.candidates.items()}
        seconds = interleave(steps, repeats)
        return rows(seconds, {name: self._peak_of(name) for name in steps} if peaks else {})

    def _peak_of(self, name: str) -> float:
        command = [sys.executable, "-m", self.module, "--peak-of", name]
        run = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **GIVEN_BACK})
        return float(run.stdout) / MIB

    def main(self) -> None:
        """The command line: a table, or JSON."""
        parser = command_line(self.title)
        parser.add_argument(
            "--peak-of", metavar="NAME", help="print the bytes one step of a candidate adds to the peak"
        )
        options = parser.parse_args()
        if options.peak_of:
            print(peak_rise(self.candidates[options.peak_of]()))
        else:
            report(self.title, self.measure(options.repeats), options.json)


def command_line(title: str) -> argparse.ArgumentParser:
    """Options that every benchmark has."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--repeats", type=int, default=7, help="rounds in which every candidate has one turn")
    return parser


def interleave(steps: Mapping[str, Step], repeats: int) -> dict[str, list[float]]:
    """Seconds of every step in each of ``repeats`` rounds, after a round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(repeats + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def rows(seconds: Mapping[str, list[float]], peaks: Mapping[str, float]) -> list[Row]:
    """Times and ratios to the first candidate, round by round."""
    reference = next(iter(seconds.values()))
    return [
        Row(name, Spread.of(own), Spread.of([a / b for a, b in zip(own, reference, strict=True)]), peaks.get(name))
        for name, own in seconds.items()
    ]


def peak_rise(step: Step) -> int:
    """Bytes by which one step raises this process's resident memory at its peak."""
    forget_peak()
    before = peak_resident()
    step()
    return peak_resident() - before


def forget_peak() -> None:
    """Start anew from what is held now, where the system can: making the inputs may have taken more than a step does."""
    counters = Path("/proc/self/clear_refs")
    if counters.exists():
        counters.write_text("5")


def peak_resident() -> int:
    """The most bytes this process has held in memory."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux hands a parent's ru_maxrss down to its children, but not this figure
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def machine() -> str:
    """Processor, cores, load and versions, in one line."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {load}; Python {platform.python_version()}, "
        f"torch {version('torch')}"
    )


def show_tables(
    title: str,
    tables: Iterable[tuple[str, list[Row]]],
    header: str,
    line: Callable[[str, list[Row]], str],
    as_json: bool,
) -> None:
    """Print a row of a Markdown table for each name as soon as it is measured, or JSON of all at the end."""
    if as_json:
        found = {name: [asdict(row) for row in rows_of_it] for name, rows_of_it in tables}
        print(json.dumps({"schema_version": 1, "title": title, "machine": machine(), "tables": found}, indent=2))
        return
    columns = header.count("|") - 1
    print(f"{title}\n{machine()}\n\n{header}\n{'| --- ' * columns}|", flush=True)
    for name, rows_of_it in tables:
        print(line(name, rows_of_it), flush=True)


def report(title: str, found: Sequence[Row], as_json: bool) -> None:
    """Print a Markdown table, or JSON."""
    if as_json:
        document = {"schema_version": 1, "title": title, "machine": machine(), "rows": [asdict(row) for row in found]}
        print(json.dumps(document, indent=2))
        return
    print(f"{title}\n{machine()}\n")
    print("| candidate | seconds: median (least to most) | ratio to the first | peak MiB |\n| --- | --- | --- | --- |")
    for row in found:
        peak = "" if row.peak_mib is None else f"{row.peak_mib:.0f}"
        print(f"| {row.name} | {row.seconds} | {row.ratio} | {peak} |")
