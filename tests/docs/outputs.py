"""Whether a program printed what the page shows, but for what differs from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterator

VARYING = (
    (re.compile(r"[\d,]+ [0-9a-f]{64}\b"), "BYTES SHA256"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "TIME"),
    (re.compile(r"\b\d+ %( █+)?"), "SHARE"),  # of a training, whose last digits are the processor's
)


def alike(shown: str, found: str) -> bool:
    """Whether two outputs agree: spaces, seconds, percentages, sizes and hashes of files apart, and ``...`` for anything.

    A page that shortens says so with ``...``; its lines are then found in the output in their order.
    """
    wanted, lines = list(_lines(shown)), list(_lines(found))
    if not any(line.endswith("...") for line in wanted):
        return len(wanted) == len(lines) and all(map(_matches, wanted, lines))
    rest = iter(lines)
    return all(any(_matches(line, other) for other in rest) for line in wanted if line != "...")


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = " ".join(line.split())
        for pattern, word in VARYING:
            words = pattern.sub(word, words)
        if words:
            yield words


def _matches(shown: str, found: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), found) is not None
