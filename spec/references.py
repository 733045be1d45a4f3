"""Citations: a key in a BibTeX file, resolved when the spec is built."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import model_validator

from losskit.spec.errors import SpecError
from losskit.spec.model import Frozen

_START = re.compile(r"^[ \t]*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s{}]+)\s*,", re.MULTILINE | re.IGNORECASE)
_ACCENT = re.compile(r"\\([`'^\"~])\{?(\w)\}?")
_COMBINING = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308"}
_FIELD = re.compile(r"\s*,?\s*([\w-]+)\s*=\s*")
_NEEDED = ("author", "title", "year")


class Reference(Frozen):
    """A citation key and the BibTeX file it stands in, as ``package:file``.

    A package of one's own brings its own file: ``Reference(key="...", file="my_package:references.bib")``, the file being
    among the package's data. An entry needs an author, a title and a year.
    """

    key: str
    file: str = "losskit.spec:references.bib"

    @model_validator(mode="before")
    @classmethod
    def _from_key(cls, data: Any) -> Any:
        return {"key": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _resolves(self) -> Reference:
        known = entries(self.file)
        if self.key not in known:
            near = difflib.get_close_matches(self.key, known, n=3)
            found = (
                f"did you mean {', '.join(near)}?" if near else f"found {', '.join(sorted(known)[:5]) or 'no entry'}"
            )
            raise SpecError(f"reference {self.key!r} is not in the BibTeX file {self.file}; {found}")
        missing = [name for name in _NEEDED if not self.field(name)]
        if missing:
            raise SpecError(f"reference {self.key!r} in {self.file} has no {' and no '.join(missing)}")
        return self

    def bibtex(self) -> str:
        """The entry as it stands in the file."""
        return entries(self.file)[self.key]

    def field(self, name: str) -> str:
        """One field of the entry, such as ``title``, its LaTeX accents as letters; empty if it has none."""
        fields = _fields(self.bibtex())
        plain = _ACCENT.sub(lambda match: match[2] + _COMBINING[match[1]], fields.get(name, ""))
        return unicodedata.normalize("NFC", plain).replace("{", "").replace("}", "")

    def __str__(self) -> str:
        return f"{self.field('author')} ({self.field('year')}). {self.field('title')}."


@cache
def entries(file: str) -> dict[str, str]:
    """All entries of a BibTeX file by key.

    Raises:
        SpecError: there is no such file.
    """
    package, _, name = file.partition(":")
    if not package or not name:
        raise SpecError(f"BibTeX file {file!r} must be written package:file, such as my_package:references.bib")
    try:
        text = files(package).joinpath(name).read_text(encoding="utf-8")
    except (ImportError, OSError, ValueError) as error:
        raise SpecError(f"BibTeX file {file} cannot be read: {error}; is it among the package's data?") from error
    return {match[1]: text[match.start() : _closing(text, match.start())].strip() for match in _START.finditer(text)}


def _closing(text: str, start: int) -> int:
    """Where the braces that open first after ``start`` are closed again; the end of the text if they are not."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "{}" and text[place - 1 : place] != "\\":
            depth += 1 if text[place] == "{" else -1
            if depth == 0:
                return place + 1
    return len(text)


@cache
def _fields(entry: str) -> dict[str, str]:
    """Fields of an entry by their names in lower case: in braces, in quotation marks or a bare number."""
    found, place = {}, entry.index(",") + 1
    while match := _FIELD.match(entry, place):
        first = match.end()
        if entry[first : first + 1] == "{":
            place = _closing(entry, first)
            value = entry[first + 1 : place - 1]
        elif entry[first : first + 1] == '"':
            place = _quoted(entry, first)
            value = entry[first + 1 : place - 1]
        else:
            value = re.split(r"[,}\n]", entry[first:], maxsplit=1)[0]
            place = first + len(value)
        found[match[1].lower()] = " ".join(value.split())
    return found


def _quoted(entry: str, start: int) -> int:
    """Where a value in quotation marks ends: at the first one that stands in no braces."""
    depth = 0
    for place in range(start + 1, len(entry)):
        depth += {"{": 1, "}": -1}.get(entry[place], 0)
        if entry[place] == '"' and depth == 0:
            return place + 1
    return len(entry)
