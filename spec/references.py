"""Citations: a key in a BibTeX file, resolved when the spec is built."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import model_validator

from losskit.spec.errors import SpecError
from losskit.spec.model import Frozen

_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,.*?^\}", re.MULTILINE | re.DOTALL)
_ACCENT = re.compile(r"\\([`'^\"~])\{?(\w)\}?")
_COMBINING = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308"}
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*[{\"](.*?)[}\"]\s*,?\s*$", re.MULTILINE | re.DOTALL)


class Reference(Frozen):
    """A citation key and the BibTeX file it stands in, as ``package:file``."""

    key: str
    file: str = "losskit.spec:references.bib"

    @model_validator(mode="before")
    @classmethod
    def _from_key(cls, data: Any) -> Any:
        return {"key": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _resolves(self) -> Reference:
        if self.key not in entries(self.file):
            raise SpecError(f"reference {self.key!r} is not in the BibTeX file {self.file}")
        return self

    def bibtex(self) -> str:
        """The entry as it stands in the file."""
        return entries(self.file)[self.key]

    def field(self, name: str) -> str:
        """One field of the entry, such as ``title``, its LaTeX accents as letters; empty if it has none."""
        fields = {key.lower(): " ".join(value.split()) for key, value in _FIELD.findall(self.bibtex())}
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
    try:
        text = files(package).joinpath(name).read_text(encoding="utf-8")
    except (ImportError, OSError) as error:
        raise SpecError(f"BibTeX file {file} cannot be read: {error}") from error
    return {match[1]: match[0] for match in _ENTRY.finditer(text)}
