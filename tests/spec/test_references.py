"""Citations resolve, and read as people write them."""

import re

import pytest

from losskit.spec import Reference
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
