"""Showing a witness again: one case, one law, both sides."""

from __future__ import annotations

from typing import Any

from losskit.conformance.claims import claims_of
from losskit.conformance.kinds import laws_of
from losskit.conformance.subject import Subject
from losskit.registry import load
from losskit.spec.errors import LosskitError


def replay(name: str, claim: str, *, law: str, parameters: dict[str, Any], graph: bool = False, **data: Any) -> str:
    """Both sides of a law at one case.

    Args:
        name: of the loss, or the place of its spec.
        claim: in the words of the report.
        law: class of the law, where several stand for a claim.
        parameters: of the loss.
        graph: ask the exported graphs in place of the module.
        data: inputs, and what the law adds to them.

    Returns:
        A sentence with both numbers and the violation in units of the tolerance.

    Raises:
        LosskitError: the loss makes no such claim.
    """
    (spec,) = load(name)
    found = next((c for c in claims_of(spec) if str(c) == claim), None)
    if found is None:
        raise LosskitError(f"{name} does not claim {claim!r}; 'losskit describe {name}' shows its claims")
    chosen = next(one for one in laws_of(found) or [] if type(one).__name__ == law)
    subject: Subject = Subject(spec, parameters)
    if graph:
        from losskit.conformance.checks.graph_batches import as_read_by
        from losskit.conformance.graph_subject import GraphSubject

        subject = as_read_by(chosen, GraphSubject(spec, parameters))
    sides = chosen.sides(subject, data)
    worst = int(sides.ratio().argmax())
    left, right = float(sides.left.detach()[worst]), float(sides.right.detach()[worst])
    broken = float(sides.ratio()[worst])
    return f"{chosen.detail}: {left!r} and {right!r}, {broken:.3g} times the tolerance apart"
