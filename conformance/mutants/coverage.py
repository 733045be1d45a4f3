"""Which lines of the plugins a check of an unmutated loss runs: a change that it never runs cannot fall by it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from losskit.conformance.claims import claims_of, verify_claim
from losskit.conformance.mutants.attempt import single_thread
from losskit.conformance.mutants.sources import PLUGINS
from losskit.registry import get

Lines = frozenset[tuple[str, int]]


@cache
def lines_run(loss: str, kinds: tuple[str, ...], profile: str, seed: int) -> Lines:
    """Modules and numbers of the lines that claims of some kinds run, in eager mode and so without what is compiled."""
    spec = get(loss)
    found: set[tuple[str, int]] = set()
    with single_thread(), _traced(found):
        for claim in claims_of(spec, kinds):
            verify_claim(spec, claim, profile, seed, "cpu")
    return frozenset(found)


@contextmanager
def _traced(found: set[tuple[str, int]]) -> Iterator[None]:
    """Collect lines of plugin modules that this thread runs."""
    import losskit.plugins

    root = str(Path(next(iter(losskit.plugins.__path__))))

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(root):
            return None
        module = PLUGINS + frame.f_code.co_filename[len(root) :].removesuffix(".py").replace("/", ".").replace(
            "\\", "."
        )

        def step(inner: FrameType, _event: str, _argument: Any) -> Any:
            found.add((module, inner.f_lineno))
            return step

        found.add((module, frame.f_lineno))
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
