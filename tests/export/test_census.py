"""The committed table of graphs is what the tree writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from tests.export.written import written

from losskit import registry
from losskit.export.census import FILE, Census, bare, count, installed, main, read, take

ROOT = Path(__file__).resolve().parents[2]
TAKE_ANEW = "take it anew with: python -m losskit.export.census"


@pytest.fixture(scope="module")
def committed() -> Census:
    return read(ROOT / FILE)


def test_the_table_holds_every_loss_that_comes_with_the_library(committed: Census) -> None:
    assert list(committed.losses) == sorted(registry.builtin()), TAKE_ANEW


@pytest.mark.parametrize("name", registry.builtin())
def test_a_loss_has_the_graphs_of_the_table(name: str, committed: Census) -> None:
    table = committed.losses[name]
    found = [count(content) for content in written(name)]
    expected = [table.value, table.value_and_gradient]
    here = {package: installed()[package] for package in committed.pinned}
    if here == committed.pinned:
        assert found == expected, TAKE_ANEW
    elif [graph.nodes for graph in found] != [graph.nodes for graph in expected]:
        pytest.skip(
            f"the table was taken with {committed.pinned}; {here} write {[graph.nodes for graph in found]} nodes"
        )


@pytest.mark.slow
def test_another_process_with_plainer_kernels_writes_the_same_bytes() -> None:
    """Losses with computed constants: their last digits must not depend on the processor, nor on how strings are hashed."""
    names = ["hl_gauss", "logit_adjusted", "two_hot", "wafbc"]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "12345",
        "ATEN_CPU_CAPABILITY": "default",
        "NPY_DISABLE_CPU_FEATURES": "",
    }
    command = [sys.executable, "-m", "losskit.export.census", *names]
    elsewhere = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    assert Census.model_validate(json.loads(elsewhere)) == take(names)


def test_a_graph_is_counted_without_what_it_says_of_itself() -> None:
    content = written("mse")[0]
    model = onnx.load_model_from_string(content)
    assert len(model.metadata_props) > 0
    onnx.helper.set_model_props(model, {"losskit.spec": "in other words"})
    model.producer_version = "another"
    assert count(model.SerializeToString()) == count(content)
    assert onnx.load_model_from_string(bare(content)).graph == onnx.load_model_from_string(content).graph


def test_the_command_writes_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losskit.export.census.builtin", lambda: ["mse", "hinge"])
    assert main(["-o", str(tmp_path / "graphs.json")]) == 0
    assert read(tmp_path / "graphs.json") == take(["hinge", "mse"])
