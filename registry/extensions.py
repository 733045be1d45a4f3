"""What extensions add: property kinds, export targets, runtimes, report formats and commands, losskit's own among them.

losskit's own extensions are always there. Those of other distributions are imported when something is asked for that
losskit does not have, or for everything there is; one that fails is left out, and remembered with the cause.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from losskit.registry import discovery
from losskit.registry.discovery import EXTENSIONS, Provider
from losskit.registry.hooking import hooked
from losskit.registry.isolation import guarded
from losskit.spec.errors import PluginError
from losskit.spec.extensions import Command, ExportTarget, GraphRuntime, PropertyKind, Record, ReportFormat
from losskit.spec.hooks import ExtensionHooks

R = TypeVar("R", PropertyKind, ExportTarget, GraphRuntime, ReportFormat, Command)


@dataclass(frozen=True)
class Hook(Generic[R]):
    """A hook of extensions.

    Attributes:
        name: of the hook.
        record: what it returns several of.
        what: what a record describes, in words.
    """

    name: str
    record: type[R]
    what: str


KINDS: Hook[PropertyKind] = Hook("losskit_property_kinds", PropertyKind, "property")
TARGETS: Hook[ExportTarget] = Hook("losskit_export_targets", ExportTarget, "export target")
RUNTIMES: Hook[GraphRuntime] = Hook("losskit_runtimes", GraphRuntime, "runtime")
FORMATS: Hook[ReportFormat] = Hook("losskit_report_formats", ReportFormat, "report format")
COMMANDS: Hook[Command] = Hook("losskit_commands", Command, "command")
HOOKS: tuple[Hook[Any], ...] = (KINDS, TARGETS, RUNTIMES, FORMATS, COMMANDS)
_TRIED: set[Provider] = set()  # extensions that were imported in a process beside this one
_DEADLY: dict[Provider, str] = {}  # those of them that did not survive it, and what happened


@dataclass(frozen=True)
class Offer(Generic[R]):
    """A feature and who provides it."""

    record: R
    provider: Provider


@dataclass(frozen=True)
class Extension:
    """One entry of ``losskit.extensions``.

    Attributes:
        provider: of the entry.
        records: what it returned, by hook.
        cause: why it is left out; empty where it is not.
    """

    provider: Provider
    records: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    cause: str = ""


@dataclass(frozen=True)
class Problem:
    """What is left out, and why.

    Attributes:
        providers: whose fault it may be.
        cause: one sentence.
    """

    providers: tuple[Provider, ...]
    cause: str


@dataclass
class _Gathered(Generic[R]):
    """The offers of a hook by name, those of names that are offered twice, and what is wrong with these."""

    offers: dict[str, Offer[R]] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)


def own(hook: Hook[R]) -> dict[str, Offer[R]]:
    """What losskit itself offers, by name and in its own order. No outside code is imported.

    Raises:
        PluginError: losskit's metadata does not name its extensions.
    """
    return dict(_gathered(hook, _own_entries()).offers)


def every(hook: Hook[R]) -> dict[str, Offer[R]]:
    """What losskit and all selected extensions offer; extensions are imported, and what fails is in :func:`problems`."""
    return dict(_gathered(hook, (*_own_entries(), *_outside())).offers)


def get(hook: Hook[R], name: str) -> Offer[R] | None:
    """The offer of a name; extensions are imported only where losskit itself has none.

    Raises:
        PluginError: two extensions offer it.
    """
    found = own(hook).get(name)
    if found is not None:
        return found
    gathered = _gathered(hook, (*_own_entries(), *_outside()))
    if name not in gathered.offers and name in gathered.problems:
        raise PluginError(gathered.problems[name].cause)
    return gathered.offers.get(name)


def unknown(hook: Hook[Any], name: str, *others: str) -> str:
    """A sentence that says that nothing of the name is offered, with the three nearest names.

    Args:
        hook: that might have offered it.
        name: that was asked for.
        others: names that stand for something, too.
    """
    known = (*every(hook), *others)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"expected one of {', '.join(known)}"
    return f"there is no {hook.what} {name!r}; {hint}{left_out()}"


def left_out() -> str:
    """A remark for where something is not found that an extension may have; nothing where all of them work."""
    broken = sum(bool(extension.cause) for extension in extensions())
    return f" ({broken} of the installed extensions cannot be used, see: losskit doctor)" if broken else ""


def try_out(limit: float | None = None) -> None:
    """Import the extensions of other distributions in a process beside this one; what ends it, or hangs, is left out here.

    Args:
        limit: seconds each may take; as for losses if left out.
    """
    fresh = [provider for provider in _outside() if provider not in _TRIED and not provider.problem]
    if not fresh:
        return
    from losskit.registry import trial

    for found in trial.trials(fresh, group=EXTENSIONS, limit=trial.LIMIT if limit is None else limit):
        _TRIED.add(found.provider)
        if found.seconds is None:
            _DEADLY[found.provider] = f"the plugin of {found.provider.name} from {found.provider} fails: {found.cause}"
    _extension.cache_clear()
    _gathered.cache_clear()


def extensions() -> tuple[Extension, ...]:
    """Every selected extension, imported."""
    return tuple(_extension(provider) for provider in (*_own_entries(), *_outside()))


def problems() -> tuple[Problem, ...]:
    """Extensions that cannot be used, and names that are offered twice."""
    entries = (*_own_entries(), *_outside())
    broken = [Problem((one.provider,), one.cause) for one in extensions() if one.cause]
    return (*broken, *(p for hook in HOOKS for p in _gathered(hook, entries).problems.values()))


def _own_entries() -> tuple[Provider, ...]:
    found = discovery.own(EXTENSIONS)
    if not found:
        raise PluginError(
            "losskit's own extensions are not registered: its metadata are older than its code; install it again"
        )
    return found


def _outside() -> tuple[Provider, ...]:
    offers = discovery.providers(EXTENSIONS).values()
    return tuple(provider for offered in offers for provider in offered if not provider.builtin)


@cache
def _gathered(hook: Hook[R], providers: tuple[Provider, ...]) -> _Gathered[R]:
    """Put together what extensions offer: a name belongs to the one that offers it, to losskit, or to nobody."""
    offered: dict[str, list[Offer[R]]] = {}
    for provider in providers:
        for record in _extension(provider).records.get(hook.name, ()):
            offered.setdefault(record.name.lower(), []).append(Offer(record, provider))
    gathered: _Gathered[R] = _Gathered()
    for several in offered.values():
        first, *others = sorted(several, key=lambda offer: not offer.provider.builtin)
        name = first.record.name
        if not others or first.provider.builtin:
            gathered.offers[name] = first
        if others:
            gathered.problems[name] = Problem(
                tuple(offer.provider for offer in several if not offer.provider.builtin),
                _clash(hook, name, [first, *others]),
            )
    return gathered


def _clash(hook: Hook[Any], name: str, offers: list[Offer[Any]]) -> str:
    first, *others = (str(offer.provider) for offer in offers)
    if offers[0].provider.builtin:
        return f"the {hook.what} {name} is losskit's own, so that of {' and of '.join(others)} is left out"
    by = " and by ".join([first, *others])
    return f"the {hook.what} {name} is offered by {by}; uninstall one or select one with LOSSKIT_PLUGINS"


@cache
def _extension(provider: Provider) -> Extension:
    if provider in _DEADLY:
        return Extension(provider, cause=_DEADLY[provider])
    try:
        return Extension(provider, ask(provider))
    except PluginError as error:
        return Extension(provider, cause=" ".join(str(error).split()))


def ask(provider: Provider) -> dict[str, tuple[Record, ...]]:
    """Import an extension and ask for all that it offers, by hook.

    Raises:
        PluginError: it is broken.
    """
    what = f"the plugin of {provider.name} from {provider}"
    if provider.problem:
        raise PluginError(f"{what} cannot be imported: {provider.problem}")
    return guarded(what, lambda: _asked(provider))


def _asked(provider: Provider) -> dict[str, tuple[Record, ...]]:
    callers = hooked(provider, ExtensionHooks)
    return {hook.name: tuple(_records(hook, callers, provider)) for hook in HOOKS}


def _records(hook: Hook[R], callers: Any, provider: Provider) -> Iterator[Record]:
    for returned in getattr(callers, hook.name)():
        listed = returned if isinstance(returned, list | tuple) else [returned]
        for record in listed:
            if not isinstance(record, hook.record):
                raise PluginError(
                    f"the plugin of {provider.name} from {provider} returns {type(record).__name__} from {hook.name}, "
                    f"expected a list of {hook.record.__name__}"
                )
            yield record


discovery.CACHES += [_extension.cache_clear, _gathered.cache_clear, _TRIED.clear, _DEADLY.clear]
