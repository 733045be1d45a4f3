"""A loss rebuilt from changed source text: compiled in memory under names of its own, never written into the tree."""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from losskit.conformance.mutants.model import Edit
from losskit.spec import LossSpec
from losskit.spec.errors import LosskitError

PLUGINS = "losskit.plugins"
PREFIX = "losskit_mutated_"


class EditError(LosskitError):
    """An edit does not fit the source it is made for."""


def module_of(spec: LossSpec, file: str) -> str:
    """The module that the file of an edit stands for."""
    own = spec.module.partition(":")[0]
    return {"loss": own, "spec": own.rpartition(".")[0]}.get(file, f"{PLUGINS}.{file}")


@cache
def source_of(module: str) -> str:
    """The text of a module that is not imported for it.

    Raises:
        EditError: there is no such module.
    """
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise EditError(f"there is no module {module} to edit")
    return Path(found.origin).read_text(encoding="utf-8")


def edited(spec: LossSpec, edits: Iterable[Edit]) -> dict[str, str]:
    """Changed text of each module that is edited.

    Raises:
        EditError: a passage does not occur exactly once.
    """
    texts: dict[str, str] = {}
    for edit in edits:
        module = module_of(spec, edit.file)
        text = texts.get(module, source_of(module))
        if text.count(edit.old) != 1:
            raise EditError(
                f"{module} must hold the passage {edit.old!r} once to be edited, found {text.count(edit.old)}"
            )
        texts[module] = text.replace(edit.old, edit.new)
    return texts


@contextmanager
def rebuilt(spec: LossSpec, texts: Mapping[str, str]) -> Iterator[LossSpec]:
    """The spec of the loss with some of its modules replaced; within the context alone they can be imported.

    Every module between the loss and a changed one is compiled anew as well, so that the mutated loss sees the change
    and the registered one does not.
    """
    own = module_of(spec, "loss")
    private = {name: PREFIX + name.replace(".", "_") for name in _touched(own, set(texts))}
    try:
        for name in private:
            _compile(name, texts.get(name, source_of(name)), private)
        said = sys.modules[private[own.rpartition(".")[0]]].SPEC if own.rpartition(".")[0] in private else spec
        attribute = spec.module.partition(":")[2]
        yield said.model_copy(update={"module": f"{private[own]}:{attribute}"})
    finally:
        for alias in private.values():
            sys.modules.pop(alias, None)
            linecache.cache.pop(_file(alias), None)


@cache
def imports_of(module: str) -> tuple[str, ...]:
    """Plugin modules that a module imports from."""
    nodes = ast.walk(ast.parse(source_of(module)))
    found = (n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module)
    return tuple(dict.fromkeys(name for name in found if name.startswith(f"{PLUGINS}.")))


def _touched(own: str, changed: set[str]) -> list[str]:
    """The loss's module, those changed and those between, a module after all that it imports."""
    order: list[str] = []
    reaches: dict[str, bool] = {}

    def visit(module: str) -> bool:
        if module not in reaches:
            reaches[module] = module in changed
            below = [visit(name) for name in imports_of(module)]
            reaches[module] = module in changed or any(below)
            if reaches[module] or module == own:
                order.append(module)
        return reaches[module]

    visit(own)
    stray = changed - set(order)
    if stray:
        raise EditError(f"{own} does not use {', '.join(sorted(stray))}, so editing that changes nothing")
    return order


def _compile(name: str, text: str, private: Mapping[str, str]) -> None:
    """Compile a module under its private name, importing from the private modules instead of the registered ones."""
    for public, alias in private.items():
        text = re.sub(rf"^(\s*)from {re.escape(public)} import", rf"\1from {alias} import", text, flags=re.MULTILINE)
    alias = private[name]
    module = ModuleType(alias)
    module.__file__ = _file(alias)
    # without a time stamp the text stays: the TorchScript compiler reads it
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    sys.modules[alias] = module
    exec(compile(text, module.__file__, "exec", dont_inherit=True), module.__dict__)


def _file(alias: str) -> str:
    return f"<{alias}>"
