"""Mutations known to change nothing a claim speaks of, by module, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from losskit.conformance.mutants.sources import PLUGINS

EQUIVALENT = Path(__file__).with_name("equivalent.json")


def equivalent(module: str) -> Mapping[str, str]:
    """Reasons by the name of the mutation, for a module by its full name."""
    return listed().get(short(module), {})


@cache
def listed() -> dict[str, dict[str, str]]:
    """All of them, by the short name of the module.

    The file groups the mutations of a module under the one reason they share.
    """
    groups: dict[str, list[dict[str, str | list[str]]]] = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {
        module: {name: str(group["reason"]) for group in found for name in group["mutations"]}
        for module, found in groups.items()
    }


def short(module: str) -> str:
    """A module as tables and the file name it: without the package, and a loss's own module by its folder."""
    return module.removeprefix(f"{PLUGINS}.").removesuffix(".loss")
