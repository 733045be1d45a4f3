from __future__ import annotations

import sys
from html.parser import HTMLParser

import pytest

from losskit.conformance.report import Report, to_html
from losskit.spec.errors import MissingExtraError

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Text and ids of a page; fails where an element is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.open += [] if tag in VOID else [tag]
        self.ids += [i for i in [given.get("id")] if i]
        self.links += [i for i in [given.get("href"), given.get("src")] if i]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(broken: Report) -> None:
    page = Page(to_html(broken))
    assert page.ids == ["softmax", "hinge"]
    assert page.links == ["#softmax", "#hinge"]


def test_the_page_says_what_fell_and_how_to_see_it(broken: Report) -> None:
    text = Page(to_html(broken)).text
    assert "Of 5 claims 2 fell and 1 could not be checked" in text
    assert "Someone & others 2020" in text
    assert "print(loss < 1)" in text
    assert "losskit verify hinge --only Convex --seed 3" in text


def test_words_of_a_plugin_are_escaped(sound: Report) -> None:
    assert "no CUDA &lt;here&gt;" in to_html(sound)


def test_a_missing_template_engine_is_named(sound: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"losskit\[verify\]"):
        to_html(sound)
