"""JSON schemas of what losskit writes, and the page that offers them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from losskit.cli.listed import ListOutput
from losskit.conformance.report import Report
from losskit.export.manifest import Manifest
from losskit.spec import LossSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
INFINITE = {"enum": ["Infinity", "-Infinity", "NaN"]}
INTRODUCTION = """# JSON schemas

What losskit writes as JSON, as [JSON Schema](https://json-schema.org) of the draft 2020-12. Every object bears the version of its
form, `schema_version`; it is raised when a reader of the old form could go wrong. Infinite numbers are the strings `"Infinity"` and
`"-Infinity"`, for JSON has none.

| schema | of what |
| --- | --- |
"""


class WithInfinities(GenerateJsonSchema):
    """Schemas in which a number may be infinite, as the words that stand for it in JSON."""

    def float_schema(self, schema: Any) -> JsonSchemaValue:
        """A number or one of the words."""
        return {"anyOf": [super().float_schema(schema), INFINITE]}


@dataclass(frozen=True)
class Schema:
    """A schema with its file and where one meets the object."""

    file: str
    title: str
    where: str
    kind: Any

    def data(self) -> dict[str, Any]:
        """The schema itself, of the object as it is written."""
        schema = TypeAdapter(self.kind).json_schema(mode="serialization", schema_generator=WithInfinities)
        return {"$schema": DIALECT, **_in_words(schema)}

    def text(self) -> str:
        """The file."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


SCHEMAS = (
    Schema(
        "loss-spec",
        "Spec of a loss",
        "`losskit describe NAME --json` under `spec`; `spec.json` of an artifact",
        LossSpec,
    ),
    Schema("report", "Report", "`losskit verify --report FILE` and `--json`", Report),
    Schema("manifest", "Manifest", "`manifest.json` of an artifact, written by `losskit export`", Manifest),
    Schema("list", "List", "`losskit list --json`", ListOutput),
)


def _in_words(value: Any) -> Any:
    """Defaults that are infinite, as the words that stand for them."""
    if isinstance(value, dict):
        return {name: _in_words(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_in_words(entry) for entry in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def page() -> str:
    """The table of all schemas, with links to the files."""
    rows = (f"| [{s.title}](schemas/{s.file}.schema.json) | {s.where} |" for s in SCHEMAS)
    return INTRODUCTION + "\n".join(rows) + "\n"
