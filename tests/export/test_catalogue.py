"""Several losses at once, with an index of what became of each."""

import json
from pathlib import Path

import pytest

from losskit import registry
from losskit.export.catalogue import Entry, Index, export_all
from losskit.export.folder import digest
from losskit.export.replay import verify
from losskit.export.variants import variants
from losskit.spec.errors import ExportError


@pytest.mark.slow
def test_losses_are_written_beside_an_index(tmp_path: Path) -> None:
    (tmp_path / "mae").mkdir()
    (tmp_path / "mae" / "precious.txt").write_text("mine")
    seen: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, name: str, entry: Entry) -> None:
        seen.append((done, total, name))
        assert bool(entry.error) == (name == "mae")

    index = export_all(["mse", "hinge", "mae"], tmp_path, grad=True, targets=["onnx"], jobs=2, progress=progress)
    assert [(done, total) for done, total, _ in seen] == [(1, 3), (2, 3), (3, 3)]
    assert sorted(name for *_, name in seen) == list(index.losses) == ["hinge", "mae", "mse"]
    assert "holds other files" in index.losses["mae"].error
    assert not index.ok
    assert Index.model_validate_json((tmp_path / "index.json").read_bytes()) == index
    for name in ("hinge", "mse"):
        value, both = index.losses[name].graphs
        assert (value.file, both.gradient, both.operators != ()) == ("model.onnx", True, True)
        assert value.sha256 == digest((tmp_path / name / "model.onnx").read_bytes())
    assert json.loads((tmp_path / "index.json").read_text())["versions"]["torch"]
    assert (tmp_path / "mae" / "precious.txt").read_text() == "mine"


@pytest.mark.slow
def test_other_parameters_have_a_folder_and_an_entry_of_their_own(tmp_path: Path) -> None:
    index = export_all(["mse", "comp_sum"], tmp_path, others=True, targets=["onnx"], jobs=1)
    assert list(index.losses) == ["comp_sum", "comp_sum--other", "mse"]  # mse has no parameters
    other = index.losses["comp_sum--other"]
    assert (other.loss, other.parameters, other.directory) == ("comp_sum", {"tau": 0.0}, "comp_sum--other")
    assert index.losses["comp_sum"].parameters == {}
    for folder, parameters in (("comp_sum", {"tau": 1.0}), ("comp_sum--other", {"tau": 0.0})):
        replay = verify(tmp_path / folder)
        assert replay.ok, replay.failure
        assert replay.parameters == parameters


def test_every_loss_with_a_worked_example_off_its_defaults_has_a_variant() -> None:
    found = list(variants(registry.builtin(), others=True))
    assert [one.loss for one in variants(registry.builtin(), others=False)] == list(registry.builtin())
    others = {one.loss: one for one in found if one.parameters}
    for name in registry.builtin():
        defaults = registry.build(registry.get(name)).config()["parameters"]
        moved = [e for e in registry.get(name).examples if any(defaults[k] != v for k, v in e.parameters.items())]
        assert bool(moved) == (name in others)
        assert name not in others or others[name].folder == f"{name}--other"


def test_a_loss_without_a_graph_by_its_spec_is_no_failure(tmp_path: Path) -> None:
    index = export_all(["nc1_variability"], tmp_path, targets=["onnx"], jobs=1)
    entry = index.losses["nc1_variability"]
    assert entry.declared.startswith("nc1_variability cannot be exported: ")
    assert (entry.directory, entry.graphs, entry.error, index.ok) == ("", (), "", True)


def test_nothing_to_export_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="there is no loss to export"):
        export_all([], tmp_path / "new")
    assert not (tmp_path / "new").exists()
