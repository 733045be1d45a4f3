"""The losses by runtime: where their graphs gave eager's numbers when they were last replayed, and what has no graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from losskit.conformance.report.model import Finding, Report
from losskit.export.variants import SUFFIX, other_parameters
from losskit.spec import LossSpec, describe_regime

CLAIM = re.compile(r"^(?P<file>\S+) in (?P<runtime>\S+)(?P<version>.*) equals the module$")
FORMATS = {"ExportsONNX": "ONNX graphs", "Scripts": "TorchScript"}
PAGE = """# Where losses run

Every graph and program of every loss, at its default parameters and at one other set, was replayed in every runtime: at the
shapes it was traced with and at others, with ties, with scores of ±1e4, value and gradient. A number is the largest difference
from eager PyTorch in units of the tolerance, 1e-5 of the value plus 1e-6 and the rounding of eager itself; above 1 the runtime
gave other numbers, and the cell says so. A dash stands where there is no file for the runtime, or where it is known to lack
what the file needs: OpenVINO computes float64 in single precision.

Made by

```console
$ losskit export --all --variants --grad -o graphs
$ losskit verify graphs/*/ --runtime all --report reports/runtimes.json
```

## At the default parameters

{table}

## At other parameters

What differs from the defaults in the first worked example where something does; a loss without such an example has no row.

{others}

## What has no graph or no program

{exceptions}
"""
NOTHING = "This documentation was built without a replay, so there is no table. The commands above make its data."


def page(specs: Sequence[LossSpec], report: Report | None) -> str:
    """The page as Markdown.

    Args:
        specs: of the losses.
        report: of the last replay of all folders; None where there was none.
    """
    rows = [(_link(spec), spec.name) for spec in specs]
    changed = [(spec, other_parameters(spec)) for spec in specs]
    others = [(f"{_link(spec)} {_settings(given)}", f"{spec.name}{SUFFIX}") for spec, given in changed if given]
    return PAGE.format(
        table="\n".join(_table(rows, report)) if report is not None else NOTHING,
        others="\n".join(_table(others, report)) if report is not None else NOTHING,
        exceptions="\n".join(_exceptions(specs)),
    )


def _link(spec: LossSpec) -> str:
    return f"[{spec.name}](losses/{spec.name}.md)"


def _settings(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}={value}`" for name, value in parameters.items())


def _table(rows: Sequence[tuple[str, str]], report: Report) -> Iterator[str]:
    """A row for each folder: what stands first in it, and the name of the folder."""
    found: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    runtimes: dict[str, str] = {}
    for loss in report.losses:
        for finding in loss.findings:
            said = CLAIM.match(finding.claim)
            if said is not None:
                runtimes[said["runtime"]] = said["runtime"] + said["version"]
                found[Path(loss.name).name][said["runtime"]].append(finding)
    yield f"| loss | {' | '.join(runtimes.values())} |"
    yield f"| --- |{' ---: |' * len(runtimes)}"
    for title, folder in rows:
        cells = (_cell(found[folder][runtime]) for runtime in runtimes)
        yield f"| {title} | {' | '.join(cells)} |"


def _cell(findings: Sequence[Finding]) -> str:
    if all(finding.outcome == "not_applicable" for finding in findings):
        return "–"
    if not all(finding.stood for finding in findings):
        return "**other numbers**"
    return f"{max(finding.worst or 0.0 for finding in findings):.2g}"


def _exceptions(specs: Sequence[LossSpec]) -> Iterator[str]:
    """What the specs say has no graph or no program, and why."""
    rows = [
        f"| {_link(spec)} | {FORMATS[narrowing.property]} | "
        f"{describe_regime(narrowing.when) or 'always'} | {narrowing.reason.replace('|', chr(92) + '|')} |"
        for spec in specs
        for narrowing in spec.narrowed
        if narrowing.property in FORMATS
    ]
    yield from (
        ["| what is missing | of | where | why |", "| --- | --- | --- | --- |", *rows]
        if rows
        else ["No loss lacks a graph or a program."]
    )
