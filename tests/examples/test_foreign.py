"""Foreign losses: the specs load, the harness finds what the report says, and the programs of the page print what it shows."""

from __future__ import annotations

import importlib
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import losskit
from losskit.conformance.report import Finding
from losskit.registry import load

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "explanation" / "foreign.md").read_text(encoding="utf-8")


def examples(name: str) -> Any:
    return importlib.import_module(f"examples.foreign.{name}")


def finding(place: str, kind: str, regime: str = "") -> Finding:
    report = losskit.verify(place, only=[kind], device="cpu", engine="here")
    return next(f for f in report.losses[0].findings if regime in f.regime)


@pytest.mark.parametrize(("module", "count"), [("torch_nn", 13), ("metric_learning", 11)])
def test_the_specs_load_with_places_of_their_own(module: str, count: int) -> None:
    if module == "metric_learning":
        pytest.importorskip("pytorch_metric_learning")
    specs = load(f"examples.foreign.{module}:SPECS")
    assert len({spec.name for spec in specs}) == len(specs) == count
    for spec in specs:
        assert load(spec.place) == (spec,)
        assert losskit.registry.build(spec).config()["name"] == spec.name


FALLEN = [
    ("CROSS_ENTROPY", "ExportsONNX", "label_smoothing", "differs from eager"),
    ("BCE_WITH_LOGITS", "ExportsONNX", "", "loss is inf"),
    ("COSINE_EMBEDDING", "ExportsONNX", "", "loss is nan"),
    ("SOFT_MARGIN", "FiniteOn", "", "inf"),
    ("SOFT_MARGIN", "Lipschitz", "", ""),
    ("COSINE_EMBEDDING", "ScaleInvariant", "", ""),
    ("KL_DIV", "WorkedExamples", "", "impossible class"),
    ("POISSON_NLL", "FiniteOn", "", "gradient of target"),
    ("GAUSSIAN_NLL", "Scripts", "", "Comprehension"),
    ("CROSS_ENTROPY", "IgnoresIndex", "", "ignored labels"),
    ("GAUSSIAN_NLL", "StaysOnDevice", "", "waits for the result of item"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "kind", "regime", "said"), FALLEN)
def test_the_harness_finds_it(spec: str, kind: str, regime: str, said: str) -> None:
    found = finding(f"examples.foreign.torch_nn:{spec}", kind, regime)
    assert found.outcome == "refuted"
    assert said in found.reason
    assert found.witness is not None
    assert f"losskit verify examples.foreign.torch_nn:{spec} " in found.witness.command


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("CROSS_ENTROPY", "ReducesTo"),
        ("CROSS_ENTROPY", "Compiles"),
        ("CROSS_ENTROPY", "Transforms"),
        ("CROSS_ENTROPY", "RoundTrips"),
        ("NLL", "NonNegative"),
        ("NLL", "Convex"),
        ("HUBER", "Lipschitz"),
        ("HUBER", "ExportsONNX"),
        ("HUBER", "Scripts"),
        ("GAUSSIAN_NLL", "TranslationInvariant"),
        ("MULTI_MARGIN", "ClassificationCalibrated"),
    ],
)
def test_what_is_true_stands(spec: str, kind: str) -> None:
    found = finding(f"examples.foreign.torch_nn:{spec}", kind)
    assert found.outcome in ("held", "confirmed"), found.reason


METRIC_FALLEN = [
    ("ANGULAR", "ScaleInvariant", "refuted", "after the transformation"),
    ("HISTOGRAM", "FiniteOn", "error", "out of bounds for dimension 0 with size 101"),
    ("TUPLET_MARGIN", "FiniteOn", "refuted", "nan"),
    ("NCA", "NonNegative", "refuted", "minus the value, and zero"),
    ("SNR_CONTRASTIVE", "FiniteOn", "refuted", "the value is inf"),
    ("NTXENT", "DTypeStable", "refuted", "torch.float16"),
    ("CONTRASTIVE", "StaysOnDevice", "refuted", "waits for the result of nonzero"),
    ("CONTRASTIVE", "ExportsONNX", "refuted", "GuardOnDataDependentSymNode"),
    ("CONTRASTIVE", "Transforms", "error", "vmap"),
    ("CONTRASTIVE", "RotationInvariant", "refuted", "after the transformation"),
    ("TRIPLET", "RotationInvariant", "held", ""),
    ("MULTI_SIMILARITY", "ScaleInvariant", "held", ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "kind", "outcome", "said"), METRIC_FALLEN)
def test_the_harness_finds_it_in_the_metric_library(spec: str, kind: str, outcome: str, said: str) -> None:
    pytest.importorskip("pytorch_metric_learning")
    found = finding(f"examples.foreign.metric_learning:{spec}", kind)
    assert found.outcome == outcome, found.reason
    assert said in (found.reason or (found.witness.detail if found.witness else ""))
    if spec == "NCA":
        assert found.witness is not None
        assert math.isnan(found.witness.left)
        labels = torch.tensor(found.witness.inputs["labels"])
        assert len(labels.unique()) == len(labels)  # no positive pair


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Compiles", "Scripts", "StaysOnDevice"])
def test_what_the_page_says_of_all_losses_of_the_metric_library_is_true_of_all(kind: str) -> None:
    pytest.importorskip("pytorch_metric_learning")
    report = losskit.verify("examples.foreign.metric_learning:SPECS", only=[kind], device="cpu", engine="here")
    outcomes = {loss.name: loss.findings[0].outcome for loss in report.losses}
    assert len(outcomes) == 11
    crashing = {"pml_histogram"} if kind == "StaysOnDevice" else set()  # row 22: it does not come that far
    assert {name for name, outcome in outcomes.items() if outcome != "refuted"} == crashing


@pytest.mark.slow
def test_a_witness_is_seen_again_without_searching() -> None:
    for kind in ("FiniteOn", "Lipschitz"):
        witness = finding("examples.foreign.torch_nn:SOFT_MARGIN", kind).witness
        assert witness is not None
        done = subprocess.run(
            [sys.executable, "-c", witness.code], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert re.search("inf|nan", done.stdout)


def reproductions(library: str) -> list[Any]:
    sys.path.insert(0, str(ROOT))
    try:
        return list(getattr(examples("defects"), library))
    finally:
        sys.path.remove(str(ROOT))


def label(one: Any) -> str:
    return f"{one.loss}-{one.claim}"


@pytest.mark.slow
@pytest.mark.parametrize("one", reproductions("TORCH"), ids=label)
def test_a_reproduction_prints_what_the_page_shows(one: Any) -> None:
    assert examples("report").printed(one) == one.printed


@pytest.mark.slow
@pytest.mark.parametrize("one", reproductions("PML"), ids=label)
def test_a_reproduction_of_the_metric_library_prints_what_the_page_shows(one: Any) -> None:
    pytest.importorskip("pytorch_metric_learning")
    assert examples("report").printed(one) == one.printed


@pytest.mark.parametrize("one", [*reproductions("TORCH"), *reproductions("PML")], ids=label)
def test_the_page_shows_the_program(one: Any) -> None:
    assert f"```python\n{one.code.strip()}\n```\n\n```text\n{one.printed}\n```" in PAGE
    assert f"| {one.claim} | {one.found} |" in PAGE


def test_the_report_has_ten_defects_at_least() -> None:
    assert sum(one.label == "defect" for one in reproductions("TORCH")) >= 10
