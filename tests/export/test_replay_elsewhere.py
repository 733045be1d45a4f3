"""Every runtime on one artifact: it gives the numbers of eager, and one of another loss's graph it does not take for ours."""

import os
import shutil
from pathlib import Path

import pytest

import losskit
from losskit.conformance.report.from_replay import replayed
from losskit.export.axes import Axes
from losskit.export.catalogue import export_all
from losskit.export.folder import digest
from losskit.export.manifest import Manifest
from losskit.export.replay import verify
from losskit.export.runtimes.table import kinds, select
from losskit.spec.errors import ExportError

RUNTIMES = {name: kind for name, kind in kinds().items() if kind.offer.provider.builtin}
FILES = {"onnx": ("model.onnx", "model_with_grad.onnx"), "torchscript": ("model.ts.pt",), "pt2": ("model.pt2",)}


def ready(name: str) -> str:
    """The runtime, if it can be asked; where CI runs, all of them can."""
    advice = RUNTIMES[name].advice()
    if advice and not os.environ.get("CI"):
        pytest.skip(f"runtime {name}: {advice}")
    assert not advice
    return name


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The loss of the artifact at another parameter."""
    folder = tmp_path_factory.mktemp("exported") / "other"
    losskit.export("comp_sum", folder, parameters={"tau": 1.25}, grad=True)
    return folder


def exchange(folder: Path, other: Path, file: str) -> None:
    """Put a file of another artifact in, and its hash into the manifest."""
    shutil.copy(other / file, folder / file)
    place = folder / "manifest.json"
    manifest = Manifest.model_validate_json(place.read_bytes())
    content = (folder / file).read_bytes()
    record = manifest.files[file].model_copy(update={"sha256": digest(content), "bytes": len(content)})
    files = {**manifest.files, file: record}
    if file == "model_with_grad.onnx":
        shutil.copy(other / file, folder / "with_grad" / "model.onnx")
        files["with_grad/model.onnx"] = record
    place.write_text(manifest.model_copy(update={"files": files}).model_dump_json())


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_gives_the_numbers_of_eager(name: str, artifact: Path) -> None:
    outcome = verify(artifact, runtimes=[ready(name)])
    assert outcome.ok, outcome.failure
    assert {result.graph for result in outcome.results} == set(FILES[RUNTIMES[name].runs])
    cases = {result.case.removeprefix("with_grad/") for result in outcome.results}
    assert {"test_data_set_0", "one sample", "huge"} <= cases


@pytest.mark.parametrize("dtype", ["float64", "float16"])
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_gives_the_numbers_of_eager_in_other_dtypes_or_says_that_it_lacks_them(
    name: str, dtype: str, bundles: dict[str, Path]
) -> None:
    outcome = verify(bundles[dtype], runtimes=[ready(name)])
    if (name, dtype) == ("openvino", "float64"):
        assert {one.graph for one in outcome.not_taken} == set(FILES["onnx"])
        assert not outcome.results
        return
    assert outcome.ok, outcome.failure
    assert {result.graph for result in outcome.results} == set(FILES[RUNTIMES[name].runs])


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loss at the other parameters at which all losses are written."""
    place = tmp_path_factory.mktemp("catalogue")
    assert export_all(["focal"], place, others=True, grad=True, jobs=1).ok
    return place / "focal--other"


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_gives_the_numbers_of_eager_at_other_parameters(name: str, variant: Path) -> None:
    outcome = verify(variant, runtimes=[ready(name)])
    assert outcome.ok, outcome.failure
    assert outcome.parameters == {"gamma": 1.0, "class_weights": [0.5, 1.0, 2.0], "ignore_index": -100}
    assert {result.graph for result in outcome.results} == set(FILES[RUNTIMES[name].runs])


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_finds_a_file_of_another_loss(name: str, copied: Path, other: Path) -> None:
    for file in FILES[RUNTIMES[name].runs]:
        exchange(copied, other, file)
    outcome = verify(copied, runtimes=[ready(name)])
    wrong = {result.graph for result in outcome.results if not result.passed}
    assert wrong == set(FILES[RUNTIMES[name].runs])
    assert "expected" in outcome.failure


@pytest.mark.parametrize("name", [name for name, kind in RUNTIMES.items() if kind.runs == "onnx"])
def test_a_file_that_a_runtime_refuses_is_a_failed_case(name: str) -> None:
    runtime = RUNTIMES[ready(name)].make(Axes((), {}), "cpu")
    with pytest.raises(ExportError, match=r"(?i)fails|refuses"):
        runtime.load(b"nonsense")


def test_a_runtime_that_is_not_ready_is_an_error_and_the_others_run(
    artifact: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOSSKIT_CACHE", str(tmp_path))
    report = replayed(str(artifact), runtimes=["reference", "libtorch"])
    by_outcome = {finding.outcome: finding for finding in report.findings}
    assert set(by_outcome) == {"held", "error"}
    assert "run: losskit doctor --install libtorch" in by_outcome["error"].reason
    with pytest.raises(ExportError, match="runtime libtorch: its program is not built"):
        verify(artifact, runtimes=["libtorch"])


def test_runtimes_are_chosen_by_name() -> None:
    assert [kind.name for kind in select(["node", "ort", "node"])] == ["node", "ort"]
    assert [kind.name for kind in select(["all"])][: len(RUNTIMES)] == list(RUNTIMES)
    with pytest.raises(ExportError, match=r"there is no runtime 'tflite'; expected one of ort, reference, .*, all"):
        select(["tflite"])
    with pytest.raises(ExportError, match="there is no runtime 'nod'; did you mean node"):
        select(["nod"])


def test_a_graph_that_a_runtime_is_known_not_to_run_is_left_out_with_the_reason(tmp_path: Path) -> None:
    ready("openvino")
    losskit.export("h_consistency_transform", tmp_path / "graphs", targets=["onnx"])
    report = replayed(str(tmp_path / "graphs"), runtimes=["ort", "openvino"])
    outcomes = {finding.outcome: finding for finding in report.findings}
    assert set(outcomes) == {"held", "not_applicable"}
    assert "single precision" in outcomes["not_applicable"].reason
    assert "openvino" in outcomes["not_applicable"].claim


def test_ties_stand_in_the_order_of_their_places_in_every_runtime_of_graphs(tmp_path: Path) -> None:
    losskit.export("ens_loss", tmp_path / "graphs", grad=True, targets=["onnx"])
    names = [ready(name) for name, kind in RUNTIMES.items() if kind.runs == "onnx"]
    outcome = verify(tmp_path / "graphs", runtimes=names)
    assert outcome.ok, outcome.failure
    assert "ties" in {result.case for result in outcome.results}


def test_a_runtime_without_a_file_of_its_own_is_not_passed_over(tmp_path: Path) -> None:
    losskit.export("mse", tmp_path / "graphs", targets=["onnx"])
    report = replayed(str(tmp_path / "graphs"), runtimes=["ort", "torchscript"])
    assert [finding.outcome for finding in report.findings] == ["held", "not_applicable"]
    assert report.findings[1].reason == "the folder holds no model.ts.pt"
