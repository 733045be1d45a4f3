"""One plugin module: imported, asked which hooks it is made for, and its hooks held to their specifications."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import pluggy

from losskit.registry.discovery import Provider
from losskit.registry.isolation import plugin_at
from losskit.spec.errors import PluginError
from losskit.spec.hooks import API, PROJECT, ExtensionHooks, LossHooks

ASKS = "LOSSKIT_API"
GROUPS: dict[type, str] = {LossHooks: "losskit.losses", ExtensionHooks: "losskit.extensions"}
_SERIES = re.compile(r"(\d+)\.(\d+)")


def hooked(provider: Provider, hooks: type) -> Any:
    """Import a plugin and register it alone, so that nothing it does meets another plugin.

    Args:
        provider: of the plugin.
        hooks: the class that specifies the hooks of its entry-point group.

    Returns:
        pluggy's callers of the hooks, one attribute each.

    Raises:
        PluginError: the plugin is made for newer hooks, or implements a hook that does not exist, or in another form.
        Exception: whatever the plugin raises when it is imported.
    """
    module = _imported(provider)
    check_api(provider, getattr(module, ASKS, None))
    manager = pluggy.PluginManager(PROJECT)
    for group in GROUPS:
        manager.add_hookspecs(group)
    _check(provider, module, manager, hooks)
    manager.register(module)
    return manager.hook


def check_api(provider: Provider, asked: object) -> None:
    """Refuse a plugin that is made for hooks newer than these.

    Args:
        provider: of the plugin.
        asked: its ``LOSSKIT_API``, the series of losskit whose hooks it needs; None where it says nothing.

    Raises:
        PluginError: the plugin asks for a newer series; the message says what to install. Or for none at all.
    """
    if asked is None:
        return
    wanted, here = _series(asked), _series(API)
    if wanted is None:
        raise PluginError(f"{_who(provider)} has {ASKS} = {asked!r}, expected a series of losskit such as {API!r}")
    if here is not None and wanted > here:
        raise PluginError(
            f"{_who(provider)} asks for the hooks of losskit {asked}, and losskit {version(PROJECT)} has those of {API}; "
            f"run: pip install 'losskit>={asked}'"
        )


def _series(text: object) -> tuple[int, int] | None:
    match = _SERIES.fullmatch(text) if isinstance(text, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _imported(provider: Provider) -> Any:
    try:
        return plugin_at(provider.module)
    except (Exception, SystemExit):  # what is missing may be what the newer losskit has
        check_api(provider, _asked_in_source(provider.module.partition(":")[0]))
        raise


def _asked_in_source(module: str) -> object:
    """What a module that cannot be imported asks for, read off its source."""
    try:
        found = find_spec(module)
        source = getattr(found and found.loader, "get_source", lambda _: None)(module)
        body = ast.parse(source or "").body
    except Exception:  # its package fails, or there is no source: the first error is the one to show
        return None
    for line in body:
        targets = (
            line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        )
        named = any(isinstance(target, ast.Name) and target.id == ASKS for target in targets)
        if named and isinstance(value := getattr(line, "value", None), ast.Constant):
            return value.value
    return None


def _check(provider: Provider, module: Any, manager: pluggy.PluginManager, hooks: type) -> None:
    """Say in a sentence what pluggy would say in three lines, or not at all."""
    known = {name: group for group in GROUPS for name in vars(group) if name.startswith(PROJECT)}
    implemented = dict(_implementations(module, manager))
    for name, function in implemented.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"expected {', '.join(known)}"
            raise PluginError(f"{_who(provider)} implements {name}, and there is no such hook; {hint}")
        taken = set(inspect.signature(getattr(known[name], name)).parameters) - {"self"}
        surplus = [argument for argument in inspect.signature(function).parameters if argument not in taken]
        if surplus:
            expected = ", ".join(sorted(taken)) or "no arguments"
            raise PluginError(f"{_who(provider)} takes {', '.join(surplus)} in {name}, expected {expected}")
    if any(known[name] is hooks for name in implemented):
        return
    bare = [name for name in known if callable(getattr(module, name, None)) and name not in implemented]
    if bare:
        raise PluginError(
            f"{_who(provider)} defines {bare[0]} without @hookimpl, so it is no implementation of the hook"
        )
    others = [f"{name} is one of {GROUPS[known[name]]}" for name in implemented]
    raise PluginError(f"{_who(provider)} implements no hook of {GROUPS[hooks]}" + (f"; {others[0]}" if others else ""))


def _implementations(module: Any, manager: pluggy.PluginManager) -> Iterator[tuple[str, Any]]:
    for name in dir(module):
        options = manager.parse_hookimpl_opts(module, name)
        if options is not None and not options.get("optionalhook"):
            yield options.get("specname") or name, getattr(module, name)


def _who(provider: Provider) -> str:
    return f"the plugin of {provider.name} from {provider}"
