from __future__ import annotations

import json

import pytest

from losskit.conformance.report import Report, from_json, to_json
from losskit.spec.errors import ArtifactError


def test_a_report_survives_json_with_its_infinities(broken: Report) -> None:
    assert from_json(to_json(broken)) == broken


def test_json_has_a_schema_version_and_no_bare_infinity(broken: Report) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(to_json(broken), parse_constant=refuse)["schema_version"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "is JSON"),
        ("[]", "found None"),
        ('{"schema_version": 1}', "schema_version 2, found 1"),
        ('{"schema_version": 2, "seed": 0}', "damaged at profile"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ArtifactError, match=said) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)
