"""Loading one plugin at a time, so that a broken one is its own problem and nobody else's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from losskit.registry import discovery
from losskit.registry.discovery import Provider
from losskit.registry.hooking import hooked
from losskit.registry.isolation import SLOW, guarded
from losskit.spec import LossHooks, LossSpec
from losskit.spec.errors import PluginError, UnknownLossError


@dataclass(frozen=True)
class Failure:
    """Why a loss that is installed cannot be used."""

    name: str
    providers: tuple[Provider, ...]
    cause: str

    def __str__(self) -> str:
        return f"{self.name}: {self.cause} [{'; '.join(str(p) for p in self.providers)}]"


_SPECS: dict[Provider, LossSpec] = {}


def names() -> tuple[str, ...]:
    """Names of all installed losses, sorted, without importing any of them."""
    return tuple(discovery.providers())


def get(name: str) -> LossSpec:
    """The spec of a loss; imports the one plugin that provides it.

    Raises:
        UnknownLossError: no such loss; the message offers the nearest names.
        PluginError: two distributions provide it, or its plugin is broken; the cause is chained.
    """
    offered = discovery.providers().get(name, ())
    if not offered:
        raise UnknownLossError(_left_out(name) or unknown("loss", name, names()))
    if len(offered) > 1:
        both = " and ".join(str(p) for p in offered)
        raise PluginError(f"the loss {name} is provided by {both}; uninstall one or select one with LOSSKIT_PLUGINS")
    provider = offered[0]
    if provider not in _SPECS:
        _SPECS[provider] = load(provider)
    return _SPECS[provider]


def _left_out(name: str) -> str:
    offered = discovery.providers(choice="all").get(name, ())
    chosen = f"{discovery.VARIABLE} is {discovery.selection()}"
    return f"the loss {name} of {offered[0].distribution} is not selected: {chosen}" if offered else ""


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """A sentence that says a name is unknown and offers the three nearest."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    everything = f"see 'losskit list' for all {len(known)}" if what == "loss" else f"expected one of {', '.join(known)}"
    hint = f"did you mean {', '.join(near)}?" if near else everything
    return f"there is no {what} {name!r}; {hint}"


def specs() -> Iterator[LossSpec]:
    """The specs of all losses that load; those that do not are in :func:`failures`."""
    yield from survey()[0]


def survey(apart: bool = False) -> tuple[tuple[LossSpec, ...], tuple[Failure, ...]]:
    """Load every installed loss once.

    Args:
        apart: first try out the plugins of other distributions in a process of their own, and leave out those that do
            not load there: one that crashes, exits or hangs is then a failure like any other.

    Returns:
        The specs of those that load, and why the others do not.
    """
    offers = discovery.providers()
    return _survey(offers, _tried(offers.values()) if apart else {})


def failures(builtin_only: bool = False) -> tuple[Failure, ...]:
    """Every loss that is installed and cannot be loaded, with the cause; ``builtin_only`` runs no outside code."""
    offers = discovery.providers()
    if builtin_only:
        offers = {name: offered for name, offered in offers.items() if len(offered) > 1 or offered[0].builtin}
    return _survey(offers, {})[1]


def tried(chosen: Iterable[str]) -> dict[str, str]:
    """Try out the plugins of other distributions in a process of their own.

    Args:
        chosen: names of losses; those of losskit itself and those that are loaded already are not tried.

    Returns:
        Why they cannot be used, by name; only of those that cannot.
    """
    offers = discovery.providers()
    return _tried(offers.get(name, ()) for name in chosen)


def _tried(offers: Iterable[tuple[Provider, ...]]) -> dict[str, str]:
    alone = [offered[0] for offered in offers if len(offered) == 1]
    outside = [p for p in alone if not p.builtin and not p.problem and p not in _SPECS]
    if not outside:
        return {}
    from losskit.registry.trial import trials

    return {
        trial.provider.name: f"the plugin of {trial.provider.name} from {trial.provider} fails: {trial.cause}"
        for trial in trials(outside)
        if trial.cause
    }


def _survey(
    offers: Mapping[str, tuple[Provider, ...]], broken: Mapping[str, str]
) -> tuple[tuple[LossSpec, ...], tuple[Failure, ...]]:
    loaded, failed = [], []
    for name, offered in offers.items():
        if name in broken:
            failed.append(Failure(name=name, providers=offered, cause=broken[name]))
            continue
        try:
            loaded.append(get(name))
        except PluginError as error:
            failed.append(Failure(name=name, providers=offered, cause=str(error)))
    return tuple(loaded), tuple(failed)


def load(provider: Provider) -> LossSpec:
    """Import the plugin of one provider, whatever other providers of the name there are.

    Raises:
        PluginError: it is broken.
    """
    what = f"the plugin of {provider.name} from {provider}"
    if provider.problem:
        raise PluginError(f"{what} cannot be imported: {provider.problem}")
    returned: list[Any] = guarded(
        what, lambda: hooked(provider, LossHooks).losskit_loss(), patience=None if provider.builtin else SLOW
    )
    if len(returned) != 1 or not issubclass(type(returned[0]), LossSpec):  # isinstance believes what an object says
        raise PluginError(f"{what} must return one LossSpec from losskit_loss")
    spec: LossSpec = returned[0]
    if not provider.builtin:
        guarded(what, lambda: LossSpec.model_validate(dict(spec)))  # it may have been made without validation
    if spec.name != provider.name:
        raise PluginError(f"{what} returns a spec named {spec.name!r}")
    return spec
