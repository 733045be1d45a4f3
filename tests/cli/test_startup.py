"""Asking what there is must not wait for a tensor library."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from .conftest import PROGRAM

RUNS = 5


def loaded(*arguments: str) -> set[str]:
    code = (
        f"import sys; sys.argv = ['losskit', *{arguments!r}]\n"
        f"try:\n    from losskit.cli import main; main()\n"
        "finally:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("list", "--json"),
        ("list", "--task", "classification", "--holds", "Convex"),
        ("describe", "comp_sum"),
        ("describe", "comp_sum", "--json"),
        ("describe", "comp_sum", "--bibtex"),
        ("-h",),
        ("verify", "-h"),
        ("cite", "comp_sum"),
        ("completion", "bash"),
        ("--version",),
    ],
)
def test_no_tensor_library_is_imported(arguments: tuple[str, ...]) -> None:
    assert not {"torch", "numpy", "onnx", "scipy"} & loaded(*arguments)


def test_a_listing_imports_no_plugin_and_no_terminal_library() -> None:
    modules = loaded("list")
    assert not {name for name in modules if name.startswith("losskit.plugins.") and name.count(".") > 2}
    assert not {"losskit.spec.loss", "losskit.spec.model", "rich", "losskit.cli.verify", "losskit.cli.export"} & modules


def seconds(code: str, *arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    return time.perf_counter() - start


@pytest.mark.slow
def test_a_listing_takes_at_most_a_quarter_of_importing_torch() -> None:
    """Both as whole processes, in turn, so that both meet the same machine; the fastest run of each counts."""
    pairs = [(seconds(PROGRAM, "list"), seconds("import torch")) for _ in range(RUNS)]
    listing, torch = (min(times) for times in zip(*pairs, strict=True))
    assert listing <= torch / 4, f"losskit list took {listing:.3f} s, importing torch {torch:.3f} s"


def test_a_claim_that_needs_no_graph_brings_no_exporter() -> None:
    code = (
        "import sys\n"
        "from losskit import get\n"
        "from losskit.conformance.claims import verify_claim\n"
        "claim = next(c for c in get('mse').claims if c.property.kind == 'NonNegative')\n"
        "print(verify_claim(get('mse'), claim, 'quick', 0, 'cpu').outcome)\n"
        "heavy = ('onnx', 'onnxruntime', 'losskit.export.writers', 'losskit.conformance.decision.solver')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["held", "[]"]
