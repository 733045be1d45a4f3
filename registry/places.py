"""Specs that are not registered, named by the place they are found at."""

from __future__ import annotations

import re
import sys
from typing import Any

from losskit.registry.building import resolve
from losskit.registry.loading import get
from losskit.spec import LossSpec
from losskit.spec.errors import SpecError

_PLACE = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*$")


def is_place(text: str) -> bool:
    """Whether a text has the form ``package.module:NAME``; no name of a loss has."""
    return _PLACE.match(text) is not None


def load(subject: str) -> tuple[LossSpec, ...]:
    """The spec of a registered loss, or the specs at a place.

    Args:
        subject: a name, or ``package.module:NAME`` where NAME is a spec, a composite or wrapped loss, which knows its spec,
            or a tuple or list of these. The module is imported, which runs its code.

    Returns:
        Specs from a place know it, so that a report can say how to check them again.

    Raises:
        UnknownLossError: no such loss.
        PluginError: the place cannot be imported.
        SpecError: something else than specs is found there.
    """
    if not is_place(subject):
        return (get(subject),)
    module, _, _ = subject.partition(":")
    found = resolve(subject, subject)
    entries = found if isinstance(found, tuple | list) else (found,)
    specs = tuple(_spec_of(entry) for entry in entries)
    if not specs or not all(isinstance(spec, LossSpec) for spec in specs):
        raise SpecError(f"{subject} must be a LossSpec or several, found {type(found).__name__}")
    return tuple(
        spec.model_copy(update={"place": _place(module, subject, entry)})
        for spec, entry in zip(specs, entries, strict=True)
        if isinstance(spec, LossSpec)
    )


def _spec_of(found: Any) -> Any:
    """The spec of a module that no name stands for; anything else as it is."""
    spec = getattr(found, "spec", None)
    made = isinstance(spec, LossSpec) and not isinstance(found, type) and (spec.parts or spec.adapter is not None)
    return spec if made else found


def _place(module: str, subject: str, entry: Any) -> str:
    """The place of one of several: its own name in the module where it has one."""
    names: dict[str, Any] = vars(sys.modules[module])
    own = next((name for name, value in names.items() if value is entry), None)
    return subject if own is None else f"{module}:{own}"
