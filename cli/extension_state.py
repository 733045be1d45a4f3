"""The extensions as `losskit doctor` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from losskit.cli.page import Block, Grid, Heading
from losskit.registry import extensions, resolve
from losskit.registry.extensions import HOOKS, Extension
from losskit.spec.errors import PluginError
from losskit.spec.extensions import places


@dataclass(frozen=True)
class ExtensionState:
    """One entry of ``losskit.extensions``; ``state`` is ``ok``, ``broken`` or ``collision``.

    Attributes:
        name: of the entry.
        distribution: that has it.
        version: of the distribution.
        entry_point: the module.
        offers: names by what they are of, such as ``runtime``.
        state: whether it can be used.
        cause: why not.
        cure: what to do about it.
    """

    name: str
    distribution: str
    version: str
    entry_point: str
    offers: dict[str, list[str]]
    state: str = "ok"
    cause: str = ""
    cure: str = ""


def states() -> Iterator[ExtensionState]:
    """Every selected extension, with all that it names imported."""
    for extension in extensions.extensions():
        yield _state(extension)


def page_of_extensions(found: Sequence[ExtensionState]) -> list[Block]:
    """What extensions offer, and what is wrong with those that are."""
    rows = tuple((e.name, e.distribution, e.version, e.entry_point, _offers(e), e.state) for e in found)
    broken = tuple((e.name, e.distribution, e.cause, e.cure) for e in found if e.state != "ok")
    blocks: list[Block] = [
        Heading("Extensions"),
        Grid(("extension", "distribution", "version", "entry point", "offers", "state"), rows),
    ]
    if broken:
        blocks += [
            Heading("Extensions that are left out, or in part"),
            Grid(("extension", "distribution", "cause", "cure"), broken),
        ]
    return blocks


def _state(extension: Extension) -> ExtensionState:
    provider = extension.provider
    clashes = [
        problem.cause for problem in extensions.problems() if provider in problem.providers and not extension.cause
    ]
    causes = [extension.cause] if extension.cause else [*clashes, *_unresolved(extension)]
    state = "ok" if not causes else "collision" if clashes else "broken"
    cure = f"pip install --upgrade {provider.distribution}; or pip uninstall {provider.distribution}"
    return ExtensionState(
        name=provider.name,
        distribution=provider.distribution,
        version=provider.version,
        entry_point=provider.module,
        offers={hook.what: _names(extension, hook.name) for hook in HOOKS if extension.records.get(hook.name)},
        state=state,
        cause="; ".join(causes),
        cure=cure if causes else "",
    )


def _unresolved(extension: Extension) -> Iterator[str]:
    """Places of another distribution that cannot be imported; losskit's own may lack an extra, which is not broken."""
    if extension.provider.builtin:
        return
    for record in (record for records in extension.records.values() for record in records):
        for place in places(record):
            try:
                resolve(record.name, place)
            except PluginError as error:
                yield " ".join(str(error).split())


def _names(extension: Extension, hook: str) -> list[str]:
    records: tuple[Any, ...] = extension.records[hook]
    return [record.name for record in records]


def _offers(state: ExtensionState) -> str:
    words = (
        f"{what}: {', '.join(names)}" if len(names) < 6 else f"{what} ({len(names)})"
        for what, names in state.offers.items()
    )
    return "; ".join(words)
