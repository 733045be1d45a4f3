"""Graphs of half and double precision: the same numbers as eager gives at these inputs, in its dtypes."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import losskit
from losskit.export.axes import Dtype
from losskit.export.compare import compare_graphs
from losskit.export.manifest import Manifest
from losskit.export.replay import verify
from losskit.spec.errors import ExportError, NotExportableError

# of a kind each: rows of scores, pairs of scores, regions, embeddings, matrices, a head with weights, ranks, regression
LOSSES = (
    "comp_sum",
    "mann_whitney",
    "dice",
    "multi_similarity",
    "nc2_frame",
    "linear_cross_entropy",
    "ldr_k",
    "huber",
    "ens_loss",
)

SHAPES = {"one sample", "equal sizes", "many samples", "smallest sizes"}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float16"])
@pytest.mark.parametrize("name", LOSSES)
def test_graphs_agree_with_eager_in_other_dtypes(name: str, dtype: Dtype) -> None:
    outcome = compare_graphs(losskit.get(name), dtype=dtype)
    assert outcome.ok, outcome.failure
    compared = {result.case for result in outcome.results}
    assert len(SHAPES & compared) >= 2
    assert "huge" in compared


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_the_manifest_and_the_graphs_name_the_dtype(dtype: str, bundles: dict[str, Path]) -> None:
    manifest = Manifest.model_validate_json((bundles[dtype] / "manifest.json").read_bytes())
    value = "float32" if dtype == "float16" else dtype
    _, both = manifest.graphs
    assert manifest.dtype == dtype
    assert [entry.dtype for entry in both.inputs] == [dtype, "int64"]
    assert [entry.dtype for entry in both.outputs] == [value, dtype]


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_a_bundle_verifies_in_its_dtype_with_its_programs(dtype: str, bundles: dict[str, Path]) -> None:
    outcome = verify(bundles[dtype], runtimes=("ort", "reference", "torchscript", "pt2"))
    assert outcome.ok, outcome.failure
    assert len({result.graph for result in outcome.results}) == 4


def test_a_bundle_in_double_precision_is_held_to_it(bundles: dict[str, Path]) -> None:
    outcome = verify(bundles["float64"])
    assert 0 < outcome.max_error < 1e-12


def test_a_gradient_from_behind_has_the_dtype_of_the_values(tmp_path: Path) -> None:
    manifest = losskit.export(
        "mse", tmp_path / "a", reduction="none", grad=True, gradient_of="weighted", dtype="float16", targets=["onnx"]
    )
    given = {entry.name: entry.dtype for entry in manifest.graphs[1].inputs}
    assert given == {"input": "float16", "target": "float16", "grad_output": "float32"}
    assert verify(tmp_path / "a").ok


def test_what_onnx_runtime_has_no_kernel_for_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(NotExportableError, match=r"no kernel for the operator Erf with float64$"):
        losskit.export("hl_gauss", tmp_path / "a", dtype="float64", targets=["onnx"])
    assert not (tmp_path / "a").exists()


def test_half_precision_is_refused_where_the_spec_says_that_it_holds_no_gradient(tmp_path: Path) -> None:
    with pytest.raises(NotExportableError, match="cannot be exported in float16: slopes grow"):
        losskit.export(
            "smooth_adversarial_comp_sum", tmp_path / "a", parameters={"tau": 0.5, "rho": 0.5}, dtype="float16"
        )


def test_a_dtype_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"^dtype must be one of float16, float32, float64, found 'bfloat16'$"):
        losskit.export("mse", tmp_path / "a", dtype="bfloat16")


def test_inputs_of_the_bundle_use_the_digits_of_their_dtype(bundles: dict[str, Path]) -> None:
    path = bundles["float64"] / "test_data_set_0" / "input_0.pb"
    logits = onnx.numpy_helper.to_array(onnx.load_tensor(str(path)))
    assert not np.array_equal(logits, logits.astype(np.float32))
