"""Every runtime by name, losskit's own and those of extensions: what it runs, what it needs, how it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from losskit.registry import extensions, resolve
from losskit.registry.extensions import RUNTIMES, Offer
from losskit.spec import GraphRuntime
from losskit.spec.errors import ExportError, LosskitError

if TYPE_CHECKING:
    from losskit.export.axes import Axes
    from losskit.export.runtimes.base import Runtime


@dataclass(frozen=True)
class Kind:
    """A runtime that graphs may be replayed in; what it needs is imported when it is asked for.

    Attributes:
        offer: its record and who provides it.
    """

    offer: Offer[GraphRuntime]

    @property
    def name(self) -> str:
        """As users write it."""
        return self.offer.record.name

    @property
    def title(self) -> str:
        """What it is."""
        return self.offer.record.title

    @property
    def runs(self) -> str:
        """The export target whose files it takes."""
        return self.offer.record.runs

    def make(self, axes: Axes, device: str) -> Runtime:
        """The runtime for inputs and a device.

        Raises:
            ExportError: it cannot be started.
            PluginError: its code cannot be imported.
        """
        make = self._at(self.offer.record.make)
        try:
            runtime: Runtime = make(axes, device)
        except LosskitError:
            raise
        except Exception as error:
            raise ExportError(
                f"runtime {self.name} of {self.offer.provider} cannot be made: {_brief(error)}"
            ) from error
        return runtime

    def advice(self) -> str:
        """What is missing and what to do about it; empty where the runtime is ready. Whatever fails here is missing."""
        try:
            self._at(self.offer.record.make) if not self.offer.provider.builtin else None
            return str(self._at(self.offer.record.advice)() or "") if self.offer.record.advice else ""
        except LosskitError as error:
            return str(error)
        except Exception as error:
            return f"it cannot say what it needs: {_brief(error)}"

    @property
    def install(self) -> Callable[[], None] | None:
        """Gets what can be got without leaving the user's own folders; None where there is nothing to get."""
        return self._at(self.offer.record.install) if self.offer.record.install else None

    def _at(self, place: str) -> Any:
        return resolve(f"runtime {self.name}", place)


def kinds() -> dict[str, Kind]:
    """Every runtime by name, those of extensions behind losskit's own."""
    return {name: Kind(offer) for name, offer in extensions.every(RUNTIMES).items()}


def select(names: Sequence[str]) -> tuple[Kind, ...]:
    """Runtimes by name, each once; ``all`` stands for every one.

    Raises:
        ExportError: no runtime has this name.
        PluginError: two extensions offer it.
    """
    if "all" in names:
        return tuple(kinds().values())
    chosen = []
    for name in dict.fromkeys(names):
        offer = extensions.get(RUNTIMES, name)
        if offer is None:
            raise ExportError(extensions.unknown(RUNTIMES, name, "all"))
        chosen.append(Kind(offer))
    return tuple(chosen)


def choose(names: Sequence[str]) -> tuple[Kind, ...]:
    """As :func:`select`, all of them ready.

    Raises:
        ExportError: no runtime has this name, or one is not ready; the message says what to install.
    """
    chosen = select(names)
    for kind in chosen:
        advice = kind.advice()
        if advice:
            raise ExportError(f"runtime {kind.name}: {advice}")
    return chosen


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0]}"
