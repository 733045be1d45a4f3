"""The gallery, the matrix of properties and the pictures of the vocabulary say what the specs say."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docs import gallery, illustrations, matrix

from losskit import registry
from losskit.conformance.pictures import Picture, Row
from losskit.export.runtimes.browser import find_browser
from losskit.spec.properties import KINDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
SPECS = [registry.get(name) for name in registry.builtin()]
SCRIPT = (DOCS / "js" / "filter.js").read_text(encoding="utf-8")
BY_NAME = re.compile(r'<tr data-loss="(\w+)"[^>]*?( hidden="")?><th')


def shown(spec_name: str) -> Picture:
    return Picture(spec_name, spec_name, "margin", (Row("an axis", ()),))


def test_the_gallery_has_a_card_for_every_loss() -> None:
    text = gallery.page([(spec, shown(spec.name)) for spec in SPECS])
    assert re.findall(r'class="card" href="\.\./(\w+)/"', text) == [spec.name for spec in SPECS]
    for spec in SPECS:
        assert f'src="../pictures/{spec.name}.svg"' in text
        assert f"<option>{spec.task}</option>" in text


def test_the_matrix_has_every_claim_with_its_regime() -> None:
    text = unescape(matrix.page(SPECS))
    rows = dict(re.findall(r'<tr data-loss="(\w+)"(.*?)</tr>', text, re.DOTALL))
    assert list(rows) == [spec.name for spec in SPECS]
    for spec in SPECS:
        for claim in spec.claims:
            assert f"<li>{claim.property} {claim.verdict}: " in rows[spec.name]
    assert "<li>LabelSymmetric holds: tau = 2</li>" in rows["comp_sum"]


def test_the_matrix_leads_to_definitions_and_losses() -> None:
    text = matrix.page(SPECS)
    kinds = re.findall(r'href="\.\./\.\./properties/#(\w+)"', text)
    assert len(kinds) == len(set(kinds)) > 20
    assert set(kinds) <= {kind.lower() for kind in KINDS}
    assert "engineering" not in kinds
    assert re.findall(r'scope="row"><a href="\.\./(\w+)/"', text) == [spec.name for spec in SPECS]


def test_the_matrix_is_well_formed_markup() -> None:
    text = matrix.page(SPECS)
    start, end = text.index("<table"), text.index("</table>") + len("</table>")
    table = ElementTree.fromstring(text[start:end])
    widths = {len(row) for row in table.iter("tr")}
    assert len(widths) == 1  # every row has a cell for every kind


def in_a_browser(tmp_path: Path, body: str, query: str) -> str:
    """The page as it is once its script has run."""
    browser = find_browser()
    assert browser is not None, "this test drives a browser of the Chromium family"
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><body>{body}<script>{SCRIPT}</script>', encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    run = subprocess.run(
        [browser, *flags, "--dump-dom", f"{page.as_uri()}{query}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return run.stdout


def test_the_filter_of_the_matrix_hides_rows_and_columns(tmp_path: Path) -> None:
    body = matrix.page(SPECS)
    assert '<form class="loss-filters" hidden' in body  # without the script there is the whole table and no form
    dom = in_a_browser(tmp_path, body, "?task=classification&property=Convex&verdict=holds")
    left = {name for name, hidden in BY_NAME.findall(dom) if not hidden}
    expected = {
        spec.name
        for spec in SPECS
        if spec.task == "classification"
        and any(claim.property.kind == "Convex" and claim.verdict == "holds" for claim in spec.claims)
    }
    assert left == expected
    heads = re.findall(r'<th scope="col" class="kind" data-kind="(\w+)"[^>]*?( hidden="")?><a', dom)
    assert [kind for kind, hidden in heads if not hidden] == ["Convex"]
    assert f"{len(expected)} of {len(SPECS)} losses</output>" in dom
    assert '<form class="loss-filters" aria-label="Filters">' in dom


def test_the_filter_of_the_gallery_reads_names_titles_and_summaries(tmp_path: Path) -> None:
    body = gallery.page([(spec, shown(spec.name)) for spec in SPECS])
    dom = in_a_browser(tmp_path, body, "?text=FOCAL&task=binary")
    cards = re.findall(r'data-loss="(\w+)"[^>]*?( hidden="")?><img', dom)
    assert "sigmoid_focal" in [name for name, hidden in cards if not hidden]
    assert {registry.get(name).task for name, hidden in cards if not hidden} == {"binary"}
    assert len([name for name, hidden in cards if hidden]) > 50


@pytest.mark.parametrize("one", illustrations.ILLUSTRATIONS, ids=lambda one: one.kind)
def test_a_picture_of_the_vocabulary_shows_what_is_claimed(one: illustrations.Illustration) -> None:
    for side, verdict in ((one.holds, "holds"), (one.fails, "fails")):
        if side is None:
            continue
        spec = registry.get(side.name)
        values = {**spec.parameters.validate_values(side.name, side.parameters), "C": 2}
        claims = [c for c in spec.claims if c.property.kind == (side.claim or one.kind) and c.verdict == verdict]
        assert any(all(values[k] in v for k, v in c.when.items()) for c in claims), side.words()


@pytest.mark.parametrize("kind", ["Convex", "Differentiable", "MarginBased"])
def test_a_picture_of_the_vocabulary_is_the_same_every_time(kind: str) -> None:
    one = illustrations.BY_KIND[kind]
    first = illustrations.drawing(one)
    assert first == illustrations.drawing(one)
    assert first.startswith(b"<?xml")
    assert len(first) < 40 * 1024
    assert f"holds: {one.holds.words()}".encode() in first


def test_a_kind_without_a_picture_has_none() -> None:
    assert illustrations.figure("Deterministic") == ""
    assert 'src="../pictures/convex.svg"' in illustrations.figure("Convex")
