"""What tries to refute a claim: the laws or the check that an extension has registered for its kind of property."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from losskit.registry import extensions, resolve
from losskit.spec import Claim, PropertyKind
from losskit.spec.errors import PluginError

if TYPE_CHECKING:
    from losskit.conformance.laws import Law
    from losskit.conformance.outcome import Result
    from losskit.conformance.search.scope import Search

    Check = Callable[[Claim, Search], Result]


def check_of(claim: Claim) -> Check | None:
    """The check of a claim's kind; None where it is tried by laws, or by nothing.

    Raises:
        PluginError: two extensions offer the kind, or the check cannot be imported.
    """
    record = _record(claim)
    return _at(record.name, record.check) if record is not None and record.check else None


def laws_of(claim: Claim) -> list[Law] | None:
    """The laws that stand for a claim; None where no law is registered for its kind.

    Raises:
        PluginError: two extensions offer the kind, or the law cannot be imported.
    """
    record = _record(claim)
    if record is None or not record.law:
        return None
    place = record.law_of_failure if record.law_of_failure and claim.verdict == "fails" else record.law
    factory = _at(record.name, place)
    made = factory(claim)
    return [made] if isinstance(factory, type) else list(made)


def _record(claim: Claim) -> PropertyKind | None:
    """The record of a claim's kind, which must be of the very class that the claim is made with."""
    kind = type(claim.property)
    offer = extensions.get(extensions.KINDS, claim.property.kind)
    if offer is None:
        return None
    if _at(kind.__name__, offer.record.place) is not kind:
        raise PluginError(
            f"the property {kind.__name__} of {kind.__module__} is not the one that {offer.provider} registers, which is "
            f"{offer.record.place}"
        )
    return offer.record


@cache
def _at(name: str, place: str) -> Any:
    return resolve(name, place)
