"""Imports at the top of a module: only what it uses, in the order that ruff and isort agree on."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable

WIDTH = 120


def arrange(source: str, package: str) -> str:
    """Rewrite the imports that a module begins with.

    Args:
        source: a module whose imports stand in one block after its docstring; names it does not use may be among them.
        package: the package that the module belongs to.

    Returns:
        The module with unused names left out, sections for the standard library, others and the package itself, each
        sorted.
    """
    tree = ast.parse(source)
    block = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if not block:
        return source
    rest = [node for node in tree.body if node not in block]
    used = {node.id for part in rest for node in ast.walk(part) if isinstance(node, ast.Name)}
    lines = source.splitlines()
    first, last = block[0].lineno - 1, block[-1].end_lineno or block[-1].lineno
    head, tail = lines[:first], "\n".join(lines[last:]).lstrip("\n")
    after = "\n\n" if re.match(r"(@|class |def )", tail) else "\n"  # two blank lines before a definition
    return "\n".join([*head, *_sections(block, used, package), after + tail]) + "\n"


def _sections(block: Iterable[ast.Import | ast.ImportFrom], used: set[str], package: str) -> list[str]:
    whole: dict[str, str] = {}
    parts: dict[str, set[tuple[str, str | None]]] = {}
    for node in block:
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) not in used:
                continue
            if isinstance(node, ast.Import):
                whole[alias.name] = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            else:
                parts.setdefault("." * node.level + (node.module or ""), set()).add((alias.name, alias.asname))
    sections: list[str] = []
    for section in range(3):
        own = [whole[m] for m in sorted(whole, key=str.lower) if _section(m, package) == section]
        own += [_from(m, parts[m]) for m in sorted(parts, key=str.lower) if _section(m, package) == section]
        sections += [*([""] if sections and own else []), *own]
    return sections


def _section(module: str, package: str) -> int:
    top = module.partition(".")[0]
    return 0 if top in sys.stdlib_module_names else 2 if top in ("", package) else 1


def _from(module: str, names: Iterable[tuple[str, str | None]]) -> str:
    words = [name + (f" as {new}" if new else "") for name, new in sorted(names, key=lambda one: _order(one[0]))]
    line = f"from {module} import {', '.join(words)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"    {word}," for word in words), ")"])


def _order(name: str) -> tuple[int, str, str]:
    """Constants, then classes, then the others."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name.lower(), name
