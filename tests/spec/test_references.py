"""Citations resolve, and read as people write them."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from losskit.spec import Reference
from losskit.spec.errors import SpecError
from losskit.spec.references import entries

FILE = "losskit.spec:references.bib"


def test_a_reference_prints_author_year_and_title() -> None:
    assert str(Reference(key="ghosh2017robust")) == (
        "Ghosh, Aritra and Kumar, Himanshu and Sastry, P. S. (2017). "
        "Robust Loss Functions under Label Noise for Deep Neural Networks."
    )


def test_a_reference_may_be_a_bare_key() -> None:
    assert Reference.model_validate("ghosh2017robust") == Reference(key="ghosh2017robust")


def test_accents_are_letters() -> None:
    assert "Krähenbühl" in str(Reference(key="wijmans2025cut"))
    assert "Brébisson" in str(Reference(key="debrebisson2016zloss"))
    assert "\\" not in "".join(str(Reference(key=key)) for key in entries(FILE))


@pytest.mark.parametrize("key", sorted(entries(FILE)))
def test_every_entry_has_author_title_and_year(key: str) -> None:
    reference = Reference(key=key)
    assert reference.field("author")
    assert reference.field("title")
    assert re.fullmatch(r"\d{4}", reference.field("year"))


@pytest.mark.parametrize("key", sorted(entries(FILE)))
def test_an_entry_is_cut_out_whole(key: str) -> None:
    text = Reference(key=key).bibtex()
    assert text.count("{") == text.count("}")
    assert text.count("@") == 1


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """A package of a stranger's with a BibTeX file of this text; gives the file's place."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "__init__.py").touch()

    def write(text: str) -> str:
        (tmp_path / "stranger" / "own.bib").write_text(text, encoding="utf-8")
        entries.cache_clear()
        return "stranger:own.bib"

    yield write
    entries.cache_clear()
    sys.modules.pop("stranger", None)


@pytest.mark.parametrize(
    "text",
    [
        "@article{a1, author={Ada Lovelace}, title={Notes on {G}}, year={1843}}",
        '@Article{a1,\n  author = "Ada Lovelace",\n  title = "Notes on {G}",\n  year = 1843\n}',
        "% a comment\n@comment{a0, year={1}}\n  @misc { a1 ,\n\tAuthor={Ada\n  Lovelace},title={Notes on {G}}, YEAR = 1843,\n  }",
    ],
)
def test_an_entry_may_be_written_as_bibtex_allows(package: Callable[[str], str], text: str) -> None:
    reference = Reference(key="a1", file=package(text + "\n\n@misc{b2, author={B}, title={T}, year={2000}}"))
    assert str(reference) == "Ada Lovelace (1843). Notes on G."
    assert reference.bibtex().count("@") == 1


def test_an_unknown_key_offers_the_nearest(package: Callable[[str], str]) -> None:
    file = package("@misc{lovelace1843notes, author={A}, title={T}, year={1843}}")
    with pytest.raises(SpecError, match=r"'lovelace1843'.*did you mean lovelace1843notes\?"):
        Reference(key="lovelace1843", file=file)


def test_an_entry_that_cannot_be_cited_is_refused(package: Callable[[str], str]) -> None:
    with pytest.raises(SpecError, match=r"'a1' in stranger:own\.bib has no author and no year"):
        Reference(key="a1", file=package("@misc{a1, title={T}}"))


@pytest.mark.parametrize("file", ["references.bib", ":x.bib", "stranger:", "stranger:missing.bib", "no_such:x.bib"])
def test_a_file_that_cannot_be_read_is_named(package: Callable[[str], str], file: str) -> None:
    package("")
    with pytest.raises(SpecError, match=re.escape(file)):
        Reference(key="a1", file=file)
