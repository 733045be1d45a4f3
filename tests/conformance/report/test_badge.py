from __future__ import annotations

from xml.etree import ElementTree

from losskit.conformance.report import Report, to_badge
from losskit.conformance.report.as_badge import AMBER, GREEN, HEIGHT, RED

SVG = "{http://www.w3.org/2000/svg}"


def test_a_badge_counts_the_claims_that_apply(sound: Report) -> None:
    root = ElementTree.fromstring(to_badge(sound))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["claims", "2 of 2 stand"]
    assert root.get("aria-label") == "claims: 2 of 2 stand"
    assert root.get("height") == str(HEIGHT)


def test_the_plates_fill_the_badge(sound: Report) -> None:
    root = ElementTree.fromstring(to_badge(sound))
    plates = root.findall(f"{SVG}g")[0]
    assert sum(int(plate.get("width", "")) for plate in plates) == int(root.get("width", ""))


def test_the_colour_says_whether_something_fell_or_was_not_checked(sound: Report, broken: Report) -> None:
    assert GREEN in to_badge(sound)
    assert RED in to_badge(broken)
    assert AMBER in to_badge(sound.model_copy(update={"losses": ()}))
