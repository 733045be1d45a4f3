"""The page docs/explanation/foreign.md: run every reproduction, and write what came out where all print what they declare.

The specs are not attacked here: ``losskit verify examples.foreign.torch_nn:SPECS`` does that, and the tests hold what it
finds beside the rows of the page.

::

    python -m examples.foreign.report            # run the reproductions and write docs/explanation/foreign.md
    python -m examples.foreign.report --check    # run them and say which print something else than the page shows
"""

from __future__ import annotations

import io
import sys
import warnings
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

from examples.foreign.defects import PML, TORCH, Reproduction

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "foreign.md"
DATE = "2026-11-22"
PACKAGES = ("torch", "onnxscript", "onnx", "onnxruntime-gpu", "onnxruntime", "pytorch-metric-learning", "losskit")
LIBRARIES = (("torch.nn", TORCH), ("pytorch-metric-learning", PML))
LABELS = {
    "defect": "Defects",
    "limit": "Limits: an error or a wait, and nothing that was promised",
    "convention": "Conventions that differ from losskit's",
}
INTRODUCTION = """# Foreign losses, held to claims

A spec may point at a loss that somebody else wrote: an [adapter](../reference/api.md#losskit.spec.adapter.Adapter) names its
arguments, and the harness attacks what the spec says of it. `examples/foreign/` does so for thirteen losses of
`torch.nn` and eleven of pytorch-metric-learning, with claims taken from their documentation. Of its own, every spec claims
what losskit asks of each loss: finite on its domain, reductions that agree, an exported graph with the same numbers.

```console
$ losskit verify examples.foreign.torch_nn:SPECS
$ losskit verify examples.foreign.metric_learning:SPECS
$ losskit verify examples.foreign.torch_nn:COSINE_EMBEDDING --only ExportsONNX
```

A subject of this form is imported from the folder one stands in, which runs its code.

This page is what fell on {date} with {versions},
Python {python}, on a machine with 2 CPU cores and no GPU. The harness found most of it; what needs more than one loss, an
infinite score, labels that end early, or CTCLoss, which has no spec here, was looked at by hand.

A row is a **defect** where the loss contradicts its documentation or the mathematics: another number, an infinity inside
the documented domain, memory that was never written. What only follows another rule than ours, or fails or waits where
nothing was promised, stands apart. `python -m examples.foreign.report` runs all programs again and writes the page.
"""


def printed(one: Reproduction) -> str:
    """What a reproduction prints; an error that it does not catch is its last line."""
    output = io.StringIO()
    with redirect_stdout(output), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(one.code, one.loss, "exec"), {"__name__": "reproduction"})
        except Exception as error:  # a version in which something else goes wrong is worth a line
            print(f"{type(error).__name__}: {error}")
    return output.getvalue().strip()


def page() -> str:
    """The report as Markdown; outputs are those the reproductions declare."""
    parts = [INTRODUCTION.format(date=DATE, versions=_versions(), python=".".join(map(str, sys.version_info[:2])))]
    number = 0
    sections: list[str] = []
    for label, title in LABELS.items():
        rows: list[str] = []
        for library, reproductions in LIBRARIES:
            for one in (r for r in reproductions if r.label == label):
                number += 1
                rows.append(f"| [{number}](#{number}) | {_cell(library, one)} | {one.claim} | {one.found} |")
                sections.append(_section(number, library, one))
        parts.append(f"## {title}\n\n| | loss | claim | found |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n")
    return "\n".join([*parts, "## Reproductions\n", *sections])


def _cell(library: str, one: Reproduction) -> str:
    return f"`{one.loss}`" if library == "torch.nn" else f"`{one.loss}` of {library}"


def _section(number: int, library: str, one: Reproduction) -> str:
    title = f"### {number}. {_cell(library, one)}: {one.claim} {{#{number}}}"
    return f"{title}\n\n```python\n{one.code.strip()}\n```\n\n```text\n{one.printed}\n```\n"


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except ImportError:
            continue
    return ", ".join(found)


def main() -> int:
    """Run everything; status 1 if something printed differs from what is declared."""
    wrong = 0
    for one in (*TORCH, *PML):
        output = printed(one)
        if output != one.printed:
            wrong += 1
            print(f"{one.loss}, {one.claim}\n  declared: {one.printed!r}\n  printed:  {output!r}")
    if wrong == 0 and "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        print(f"wrote {PAGE}")
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
