"""Loading one plugin at a time, so that a broken one is its own problem and nobody else's."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from losskit.registry import discovery
from losskit.registry.discovery import Provider
from losskit.registry.hooking import hooked
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
        raise UnknownLossError(unknown("loss", name, names()))
    if len(offered) > 1:
        both = " and ".join(str(p) for p in offered)
        raise PluginError(f"the loss {name} is provided by {both}; uninstall one or select one with LOSSKIT_PLUGINS")
    provider = offered[0]
    if provider not in _SPECS:
        _SPECS[provider] = _load(provider)
    return _SPECS[provider]


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """A sentence that says a name is unknown and offers the three nearest."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    everything = f"see 'losskit list' for all {len(known)}" if what == "loss" else f"expected one of {', '.join(known)}"
    hint = f"did you mean {', '.join(near)}?" if near else everything
    return f"there is no {what} {name!r}; {hint}"


def specs() -> Iterator[LossSpec]:
    """The specs of all losses that load; those that do not are in :func:`failures`."""
    yield from survey()[0]


def survey() -> tuple[tuple[LossSpec, ...], tuple[Failure, ...]]:
    """Load every installed loss once: the specs of those that load, and why the others do not."""
    return _survey(discovery.providers())


def failures(builtin_only: bool = False) -> tuple[Failure, ...]:
    """Every loss that is installed and cannot be loaded, with the cause; ``builtin_only`` runs no outside code."""
    offers = discovery.providers()
    if builtin_only:
        offers = {name: offered for name, offered in offers.items() if len(offered) > 1 or offered[0].builtin}
    return _survey(offers)[1]


def _survey(offers: Mapping[str, tuple[Provider, ...]]) -> tuple[tuple[LossSpec, ...], tuple[Failure, ...]]:
    loaded, failed = [], []
    for name, offered in offers.items():
        try:
            loaded.append(get(name))
        except PluginError as error:
            failed.append(Failure(name=name, providers=offered, cause=str(error)))
    return tuple(loaded), tuple(failed)


def _load(provider: Provider) -> LossSpec:
    try:
        returned: list[Any] = hooked(provider, LossHooks).losskit_loss()
    except PluginError:
        raise
    except (Exception, SystemExit) as error:  # a plugin may fail in any way; none of them is ours to die of
        raise PluginError(
            f"the plugin of {provider.name} from {provider} fails: {type(error).__name__}: {_first_line(error)}"
        ) from error
    if len(returned) != 1 or not isinstance(returned[0], LossSpec):
        raise PluginError(f"the plugin of {provider.name} from {provider} must return one LossSpec from losskit_loss")
    if returned[0].name != provider.name:
        raise PluginError(f"the plugin of {provider.name} from {provider} returns a spec named {returned[0].name!r}")
    return returned[0]


def _first_line(error: BaseException) -> str:
    if isinstance(error, ValidationError):  # pydantic's own first line only counts the errors
        first = error.errors()[0]
        return " ".join(f"{error.title} {'.'.join(map(str, first['loc']))}: {first['msg']}".split())
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
