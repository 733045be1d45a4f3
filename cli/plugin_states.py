"""Every plugin, tried out: whether it can be used, how long its import takes, what else it does, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from losskit.cli import cures
from losskit.registry import Provider, Trial, providers, trials
from losskit.registry.metadata import damaged

AT_A_TIME = 4  # processes; more would only wait for each other, and make imports look slow


@dataclass(frozen=True)
class Plugin:
    """One entry point.

    Attributes:
        loss: its name; ``?`` where a distribution's entry points cannot be read.
        distribution: that offers it.
        version: of the distribution.
        entry_point: what it names.
        state: ``ok``, ``warning`` for one that works and is slow or meddles, ``broken`` or ``collision``.
        cause: why the state is not ``ok``, in one line.
        where: file and line of the plugin that this comes from, where that is known.
        cure: what to do about it.
        seconds: the import took; None where it was not imported, or did not end.
    """

    loss: str
    distribution: str
    version: str
    entry_point: str
    state: str
    cause: str = ""
    where: str = ""
    cure: str = ""
    seconds: float | None = None

    @property
    def usable(self) -> bool:
        """Whether the loss can be used."""
        return self.state in ("ok", "warning")


def states(limit: float, told: Callable[[int, int, str], None] = lambda *_: None) -> tuple[Plugin, ...]:
    """Look at every selected plugin.

    Each distribution's plugins are imported in a process of their own, so that none meets what another has done.

    Args:
        limit: seconds an import may take.
        told: called with the number of distributions done, of all, and the name of the last.
    """
    tried = _tried(limit, told)
    rows = [_state(provider, offered, tried) for offered in providers().values() for provider in offered]
    return (*rows, *_damaged())


def _tried(limit: float, told: Callable[[int, int, str], None]) -> dict[Provider, Trial]:
    groups: dict[str, list[Provider]] = {}
    for offered in providers().values():
        if len(offered) == 1 and not offered[0].problem:
            groups.setdefault(offered[0].distribution, []).append(offered[0])
    found: dict[Provider, Trial] = {}
    with ThreadPoolExecutor(min(AT_A_TIME, os.cpu_count() or 1)) as pool:
        answers = pool.map(lambda group: trials(group, limit=limit), groups.values())
        for done, (name, answer) in enumerate(zip(groups, answers, strict=True), 1):
            found |= {trial.provider: trial for trial in answer}
            told(done, len(groups), name)
    return found


def _state(provider: Provider, offered: tuple[Provider, ...], tried: dict[Provider, Trial]) -> Plugin:
    if len(offered) > 1:
        cause = f"the loss {provider.name} is provided by {' and by '.join(map(str, offered))}"
        return _plugin(provider, "collision", cause, cures.choose(offered))
    if provider.problem:
        return _plugin(provider, "broken", provider.problem, cures.upgrade(provider))
    trial = tried[provider]
    if trial.cause:
        return _plugin(provider, "broken", trial.cause, cures.cure(trial), trial)
    remarks = [f"its import takes {trial.seconds:.1f} s"] if trial.slow else []
    remarks += [f"its import {trace}" for trace in trial.traces]
    if remarks and not provider.builtin:
        return _plugin(provider, "warning", "; ".join(remarks), cures.advice(trial), trial)
    return _plugin(provider, "ok", trial=trial)


def _plugin(provider: Provider, state: str, cause: str = "", cure: str = "", trial: Trial | None = None) -> Plugin:
    return Plugin(
        provider.name,
        provider.distribution,
        provider.version,
        provider.module,
        state,
        " ".join(cause.split()),
        trial.where if trial else "",
        cure,
        trial.seconds if trial else None,
    )


def _damaged() -> Iterator[Plugin]:
    for one in damaged():
        yield Plugin(
            "?", one.distribution, one.version, "?", "broken", one.cause, "", cures.reinstall(one.distribution)
        )
