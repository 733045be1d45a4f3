from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import pytest

from losskit.conformance.report import LossReport, Margins, Report, to_html
from losskit.conformance.report.as_html import figure
from losskit.conformance.report.matrix import matrix
from losskit.conformance.report.plots import histogram
from losskit.spec.errors import MissingExtraError

from .conftest import CONFIRMED, HELD, REFUTED, UNDECIDED, report

VOID = {"meta", "br", "input", "i"}
Tag = tuple[str, dict[str, str]]


class Page(HTMLParser):
    """Text and elements of a page; fails where one is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[Tag] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in VOID else [tag]
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **given: str) -> list[dict[str, str]]:
        """Attributes of the elements that have some."""
        return [a for name, a in self.tags if name == tag and all(a.get(k) == v for k, v in given.items())]


def test_the_page_needs_nothing_from_elsewhere(broken: Report) -> None:
    text = to_html(broken)
    page = Page(text)
    links = [value for _, a in page.tags for name, value in a.items() if name in ("href", "src", "action", "data")]
    assert [link for link in links if not link.startswith("#")] == []
    assert not re.search(r"url\(|@import|https?://", text)
    assert page.all("meta", content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")


def test_every_link_leads_somewhere_and_ids_are_unique(broken: Report) -> None:
    page = Page(to_html(broken))
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(set(ids)) == len(ids)
    labels = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    assert {a["href"][1:] for a in page.all("a")} | labels <= set(ids)


def test_a_cell_says_verdict_margin_and_cases(broken: Report) -> None:
    cells = Page(to_html(broken)).all("a")
    said = {a["aria-label"] for a in cells if a.get("class", "").startswith("cell")}
    assert "hinge, Convex: refuted; worst violation 1.2e+09 times the tolerance; 77 cases" in said
    assert "softmax, NonNegative: held; worst violation 0 times the tolerance; 1,200 cases" in said


def test_the_matrix_has_headers(broken: Report) -> None:
    page = Page(to_html(broken))
    assert [a["data-kind"] for a in page.all("th", scope="col")] == ["NonNegative", "Bounded", "Convex", "Compiles"]
    assert [a["data-group"] for a in page.all("th", scope="colgroup")] == ["analytic", "engineering"]
    assert len(page.all("th", scope="row")) == 2


def test_several_claims_of_a_kind_share_a_cell() -> None:
    grid = matrix(report(LossReport(name="hinge", findings=(HELD, CONFIRMED, UNDECIDED, REFUTED))))
    convex = dict(zip(grid.kinds, grid.rows[0][1], strict=True))["Convex"]
    assert convex is not None
    assert convex.outcomes == ("refuted", "confirmed")
    assert (convex.cases, convex.worst) == (80, 1.2e9)


def test_properties_outside_the_vocabulary_have_a_column() -> None:
    own = HELD.model_copy(update={"property": "Sparse"})
    assert matrix(report(LossReport(name="a/path", findings=(own,)))).groups == (("other", ("Sparse",)),)


def test_what_fell_is_open_and_shows_how_to_see_it(broken: Report) -> None:
    page = Page(to_html(broken))
    assert [a["data-outcome"] for a in page.all("details") if "open" in a] == ["refuted", "undecided", "error"]
    for part in ("Of 5 claims 2 fell and 1 could not be checked", "Someone & others 2020", "print(loss < 1)",
                 "losskit verify hinge --only Convex --seed 3"):  # fmt: skip
        assert part in page.text


def test_words_of_a_plugin_are_escaped(sound: Report) -> None:
    assert "no CUDA &lt;here&gt;" in to_html(sound)


def test_a_histogram_has_a_bar_a_decade_in_the_zone_it_lies_in() -> None:
    page = Page(histogram(Margins(none=5, decades={-3: 10, 0: 2, 4: 1})))
    assert [a["class"] for a in page.all("rect") if "bar" in a["class"]] == [
        "bar sound", "bar sound", "bar doubtful", "bar broken",
    ]  # fmt: skip
    assert page.all("svg")[0]["aria-label"].endswith("none: 5, 1e-3 to 1e-2: 10, 1e0 to 1e1: 2, 1e4 to 1e5: 1")


def test_a_dot_leads_to_its_claim(broken: Report) -> None:
    dots = [a for a in Page(to_html(broken)).all("a") if a.get("class", "").startswith("dot")]
    assert [(a["class"], a["href"]) for a in dots] == [("dot refuted", "#claim-1-1")]


@pytest.mark.parametrize(
    ("worst", "said"),
    [(None, ""), (0.0, "0"), (1e-9, "1e-9"), (0.0234, ".02"), (0.997, "1"), (42.0, "42"), (4.2e6, "4e6"), (1e308, "∞")],
)
def test_a_violation_in_few_characters(worst: float | None, said: str) -> None:
    assert figure(worst) == said


def test_a_missing_template_engine_is_named(sound: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"losskit\[verify\]"):
        to_html(sound)
