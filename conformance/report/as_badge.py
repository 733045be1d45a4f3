"""A report as a badge: ``claims | 374 of 374 stand``, in the form that project pages show."""

from __future__ import annotations

from xml.etree import ElementTree

from losskit.conformance.report.model import FELL, STOOD, Report

HEIGHT = 20
MARGIN = 6  # on both sides of each text
LABEL = "claims"
GREY, GREEN, RED, AMBER = "#4d4d4d", "#1a7f37", "#b3261e", "#8a5a00"  # white text keeps a contrast of 4.5 on each
NARROW, WIDE = "fijlt.,: 1", "mwMW"


def to_badge(report: Report) -> str:
    """The report as an SVG image of one line: green where all claims stand, red where one fell."""
    message = f"{report.count(*STOOD):,} of {report.applicable:,} stand"
    left, right = _width(LABEL), _width(message)
    title = f"{LABEL}: {message}"
    size = {"width": str(left + right), "height": str(HEIGHT)}
    root = ElementTree.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": title}
    )
    ElementTree.SubElement(root, "title").text = title
    corners = f"corners-{left + right}"  # pages that hold several badges need an id for each shape
    clip = ElementTree.SubElement(root, "clipPath", id=corners)
    ElementTree.SubElement(clip, "rect", {**size, "rx": "3"})
    plates = ElementTree.SubElement(root, "g", {"clip-path": f"url(#{corners})"})
    _plate(plates, 0, left, GREY)
    _plate(plates, left, right, _colour(report))
    font = {"font-family": "Verdana, DejaVu Sans, sans-serif", "font-size": "11"}
    texts = ElementTree.SubElement(root, "g", {"fill": "#fff", "text-anchor": "middle", **font})
    _text(texts, left / 2, LABEL, left)
    _text(texts, left + right / 2, message, right)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _colour(report: Report) -> str:
    if report.count(*FELL):
        return RED
    return GREEN if report.ok else AMBER


def _plate(parent: ElementTree.Element, x: int, width: int, fill: str) -> None:
    place = {"x": str(x), "width": str(width), "height": str(HEIGHT)}
    ElementTree.SubElement(parent, "rect", {**place, "fill": fill})


def _text(parent: ElementTree.Element, x: float, text: str, width: int) -> None:
    # the length is given, so that a font of other widths does not leave the plate
    place = {"x": f"{x:g}", "y": "14", "textLength": str(width - 2 * MARGIN)}
    ElementTree.SubElement(parent, "text", place).text = text


def _width(text: str) -> int:
    """Width of a plate in pixels, from rough widths of letters at 11 pixels."""
    return 2 * MARGIN + round(sum(4 if c in NARROW else 10 if c in WIDE else 7 for c in text))
