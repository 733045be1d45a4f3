"""A report as JSON and back."""

from __future__ import annotations

import json

from pydantic import ValidationError

from losskit.conformance.report.model import REPORT_VERSION, Report
from losskit.spec.errors import ArtifactError


def to_json(report: Report) -> str:
    """The whole report, indented; infinities and NaN are the strings ``Infinity``, ``-Infinity`` and ``NaN``."""
    return report.model_dump_json(indent=2) + "\n"


def from_json(text: str) -> Report:
    """Read what :func:`to_json` wrote.

    Raises:
        ArtifactError: the text is no report, or one of another schema version.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ArtifactError(f"a verification report is JSON, and this text is not: {error}") from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    if version != REPORT_VERSION:
        raise ArtifactError(f"a verification report has schema_version {REPORT_VERSION}, found {version!r}")
    try:
        return Report.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ArtifactError(f"the verification report is damaged at {place}: {first['msg']}") from error
