"""Golden bundles: read by the ONNX project's own runner as they stand, and honest about inputs the module refuses."""

import shutil
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime.backend
import pytest
import torch
from onnx.backend.test.loader import load_model_tests
from onnx.backend.test.runner import Runner

import losskit
from losskit.export.folder import digest
from losskit.export.golden import GoldenData
from losskit.spec.errors import InputError

# the runner builds the test cases of every operator before ours, which divide by zero on purpose
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def read(folder: Path) -> GoldenData:
    return GoldenData.model_validate_json((folder / "data.json").read_bytes())


def arrays(folder: Path, side: str) -> list[np.ndarray]:
    return [onnx.numpy_helper.to_array(onnx.load_tensor(str(f))) for f in sorted(folder.glob(f"{side}_*.pb"))]


def run_with_onnx(folder: Path, tmp_path: Path, rtol: float = 1e-5, atol: float = 1e-6) -> unittest.TestResult:
    """What the runner of the onnx package says of a folder, with ONNX Runtime as its backend."""
    (tmp_path / "data" / "losses").mkdir(parents=True)
    (tmp_path / "data" / "losses" / "test_loss").symlink_to(folder)
    (case,) = load_model_tests(str(tmp_path / "data"), "losses")
    assert (case.rtol, case.atol) == (rtol, atol)
    runner = Runner(onnxruntime.backend)
    runner._test_items.clear()
    runner._add_model_test(case, "Losses")
    result = unittest.TestResult()
    runner.test_suite.run(result)
    return result


@pytest.mark.parametrize("folder", ["", "with_grad"])
def test_the_runner_of_onnx_takes_the_folder_as_it_stands(artifact: Path, folder: str, tmp_path: Path) -> None:
    result = run_with_onnx(artifact / folder, tmp_path)
    assert result.testsRun > len(result.skipped)  # it skips CUDA
    assert not result.failures + result.errors


def test_the_runner_of_onnx_finds_another_number(copied: Path, tmp_path: Path) -> None:
    path = copied / "test_data_set_3" / "output_0.pb"
    tensor = onnx.numpy_helper.from_array(arrays(path.parent, "output")[0] * np.float32(1.0001), "loss")
    path.write_bytes(tensor.SerializeToString())
    result = run_with_onnx(copied, tmp_path)
    assert len(result.failures + result.errors) == 1


def tolerances(dtype: str, folder: str) -> tuple[float, float]:
    """Of float64 far below a rounding to float32; of gradients that are float16 the distance of its numbers more."""
    if dtype == "float64":
        return 1e-10, 1e-11
    return 1e-5 + (2.0**-10 if folder else 0), 1e-6


@pytest.mark.parametrize("folder", ["", "with_grad"])
@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_the_runner_of_onnx_takes_bundles_of_other_dtypes(
    dtype: str, folder: str, bundles: dict[str, Path], tmp_path: Path
) -> None:
    result = run_with_onnx(bundles[dtype] / folder, tmp_path, *tolerances(dtype, folder))
    assert result.testsRun > len(result.skipped)  # it skips CUDA
    assert not result.failures + result.errors
    data = read(bundles[dtype] / folder)
    assert data.dtype == dtype
    value = "float32" if dtype == "float16" else dtype
    for stored in data.data_sets:
        logits, _ = arrays(bundles[dtype] / folder / stored.folder, "input")
        outputs = arrays(bundles[dtype] / folder / stored.folder, "output")
        assert [logits.dtype.name, *(output.dtype.name for output in outputs)] == [dtype, value, dtype][
            : len(outputs) + 1
        ]


@pytest.mark.parametrize(("dtype", "folder", "factor"), [("float64", "", 1 + 1e-8), ("float16", "with_grad", 1.004)])
def test_the_runner_of_onnx_finds_another_number_in_every_dtype(
    dtype: str, folder: str, factor: float, bundles: dict[str, Path], tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(bundles[dtype], tmp_path / "copied")) / folder
    path = sorted((copied / "test_data_set_1").glob("output_*.pb"))[-1]
    tensor = onnx.load_tensor(str(path))
    values = onnx.numpy_helper.to_array(tensor)
    changed = (values * factor).astype(values.dtype)
    path.write_bytes(onnx.numpy_helper.from_array(changed, tensor.name).SerializeToString())
    result = run_with_onnx(copied, tmp_path, *tolerances(dtype, folder))
    assert len(result.failures + result.errors) == 1


@pytest.mark.parametrize("folder", ["", "with_grad"])
def test_data_json_says_what_the_folder_holds(artifact: Path, folder: str) -> None:
    data = read(artifact / folder)
    assert (data.loss, data.parameters, data.reduction) == ("comp_sum", {"tau": 1.5}, "mean")
    assert data.spec_sha256 == digest((artifact / "spec.json").read_bytes())
    assert data.inputs == ("logits", "target")
    assert data.outputs == (("loss", "grad_logits") if folder else ("loss",))
    names = ["traced sizes", "larger sizes", "smaller sizes", "one sample"]
    assert [stored.case for stored in data.data_sets[:4]] == names
    assert data.data_sets[3].sizes["B"] == 1
    assert data.data_sets[4].case in {edge.case for edge in losskit.get("comp_sum").edge_cases}
    for stored in data.data_sets:
        logits, target = arrays(artifact / folder / stored.folder, "input")
        assert logits.shape == (stored.sizes["B"], stored.sizes["C"])
        assert target.dtype == np.int64
        assert len(arrays(artifact / folder / stored.folder, "output")) == len(data.outputs)


def test_inputs_that_the_module_refuses_are_kept_with_what_the_graph_does(artifact: Path) -> None:
    data = read(artifact)
    loss = losskit.create("comp_sum", tau=1.5)
    assert {error.graph for error in data.errors} == {"fails", "number"}  # an id of C, an id of -1
    for error in data.errors:
        logits, target = (torch.from_numpy(array.copy()) for array in arrays(artifact / error.folder, "input"))
        with pytest.raises(InputError) as raised:
            loss(logits, target)
        assert str(raised.value) == error.module
