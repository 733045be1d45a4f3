from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from losskit.conformance.report.from_replay import replayed
from losskit.export.results import CaseResult, Replay
from losskit.spec.errors import ArtifactError, ExportError, MissingExtraError

Outcome = Replay | Exception


def case(graph: str, passed: bool, worst: float) -> CaseResult:
    reason = "" if passed else "output 0 is 1.0, expected 2.0"
    return CaseResult(
        graph=graph, runtime="ONNX Runtime 1", case="one sample", sizes={"B": 1, "C": 3}, worst=worst, max_error=1e-7,
        passed=passed, reason=reason,
    )  # fmt: skip


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the replay of a folder come out in a certain way."""

    def arrange(outcome: Outcome) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def verify(directory: str, **options: Any) -> Replay:
            asked.update(directory=directory, **options)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(import_module("losskit.export.replay"), "verify", verify)
        return asked

    return arrange


def test_a_finding_a_graph(replay: Any) -> None:
    results = (case("model.onnx", True, 0.2), case("grad.onnx", False, 40.0), case("model.onnx", True, 0.3))
    asked = replay(Replay(loss="hinge", parameters={}, reduction="mean", results=results))
    report = replayed("folder", device="cuda", runtimes=("ort", "reference"), seed=4)
    assert asked == {"directory": "folder", "device": "cuda", "runtimes": ["ort", "reference"], "seed": 5}
    assert report.name == "folder"
    assert [(f.claim, f.outcome, f.cases, f.worst) for f in report.findings] == [
        ("grad.onnx in ONNX Runtime 1 equals the module", "refuted", 1, 40.0),
        ("model.onnx in ONNX Runtime 1 equals the module", "held", 2, 0.3),
    ]
    assert report.findings[0].reason == "one sample (B=1, C=3): output 0 is 1.0, expected 2.0"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ArtifactError("model.onnx is another file"), "refuted"), (ExportError("no kernel for Foo"), "error")],
)
def test_a_folder_that_cannot_be_replayed_is_a_finding(replay: Any, error: Exception, outcome: str) -> None:
    replay(error)
    (finding,) = replayed("folder").findings
    assert (finding.outcome, finding.reason) == (outcome, str(error))


def test_a_missing_extra_is_no_finding(replay: Any) -> None:
    replay(MissingExtraError("onnxruntime is not installed"))
    with pytest.raises(MissingExtraError):
        replayed("folder")
