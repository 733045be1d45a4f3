"""The published schemas are of what losskit really writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from docs.schemas import SCHEMAS, page
from typer.testing import CliRunner

import losskit
from losskit import registry
from losskit.cli.app import app

FILES = {schema.file: schema for schema in SCHEMAS}


def refused(file: str, written: Any) -> list[str]:
    """What a schema has against an object."""
    return [error.message for error in jsonschema.Draft202012Validator(FILES[file].data()).iter_errors(written)]


def printed(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(app, list(arguments), prog_name="losskit").stdout)


@pytest.mark.parametrize("file", FILES)
def test_a_schema_is_one_and_is_offered(file: str) -> None:
    schema = json.loads(FILES[file].text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert f"(schemas/{file}.schema.json)" in page()


def test_every_spec_is_of_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(FILES["loss-spec"].data())
    specs = {name: json.loads(registry.get(name).model_dump_json()) for name in registry.builtin()}
    assert {name: validator.is_valid(spec) for name, spec in specs.items()} == dict.fromkeys(specs, True)
    assert refused("loss-spec", {**specs["mse"], "formula": None})


def test_a_report_is_of_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    CliRunner().invoke(
        app, ["verify", "mse", "--only", "Convex", "--only", "DeviceParity", "--engine", "here", "--report", str(file)]
    )
    report = json.loads(file.read_text())
    assert report["losses"]
    assert refused("report", report) == []
    assert refused("report", {**report, "seed": "zero"})


def test_a_manifest_is_of_its_schema(tmp_path: Path) -> None:
    losskit.export("mse", tmp_path / "graphs", grad=True, targets=["onnx"])
    manifest = json.loads((tmp_path / "graphs" / "manifest.json").read_text())
    assert manifest["files"]
    assert refused("manifest", manifest) == []
    assert refused("loss-spec", json.loads((tmp_path / "graphs" / "spec.json").read_text())) == []


@pytest.mark.parametrize("question", [[], ["--holds", "Bounded"]])
def test_a_listing_is_of_its_schema(question: list[str]) -> None:
    found = printed("list", "--json", *question)
    assert found["losses"]
    assert refused("list", found) == []
    assert refused("list", {**found, "losses": [{"name": "mse"}]})
