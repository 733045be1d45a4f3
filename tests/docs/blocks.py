"""The fenced blocks of the documentation, as data."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")))
SNIPPET = re.compile(r"--8<--\n(.+)\n--8<--")  # on three lines: one line would be Python, and be formatted as such
COMMENT = re.compile(r"\s+# .*$")


@dataclass(frozen=True)
class Command:
    """A line after a ``$`` and what the page shows below it."""

    line: str
    shown: str


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: its file, from the root of the repository.
        line: where it starts.
        language: the first word after the fence.
        title: the file it is the content of, empty if it is none.
        source: the file that the page includes here, empty if it includes none.
        text: what a reader sees.
    """

    page: str
    line: int
    language: str
    title: str
    source: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self) -> list[Command]:
        """The commands of a console block; a backslash at the end of a line continues it."""
        found: list[Command] = []
        for line in self.text.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append(Command(" ".join(COMMENT.sub("", line[2:]).split()), ""))
            elif found:
                found[-1] = Command(found[-1].line, found[-1].shown + line + "\n")
            else:
                raise AssertionError(f"{self}: a console block starts with '$ ', found {line!r}")
        return found


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [_block(page, token) for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]


def hidden(page: str) -> list[int]:
    """Lines with a fence that Markdown takes for indented code, so that no block would be found there."""
    tokens = MarkdownIt("commonmark").parse((ROOT / page).read_text(encoding="utf-8"))
    return [token.map[0] + 1 for token in tokens if token.type == "code_block" and token.map and "```" in token.content]


def _block(page: str, token: object) -> Block:
    info, content, place = str(token.info), str(token.content), token.map  # type: ignore[attr-defined]
    language, _, rest = info.partition(" ")
    settings = dict(word.partition("=")[::2] for word in shlex.split(rest))
    included = SNIPPET.fullmatch(content.strip())
    source = included.group(1) if included else ""
    text = (ROOT / source).read_text(encoding="utf-8") if source else content
    return Block(page, place[0] + 1, language, settings.get("title", ""), source, text)
