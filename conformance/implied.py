"""Each law once: what was found out about a stronger claim settles the weaker ones on the same regime."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from losskit.conformance.report import Finding
from losskit.conformance.report.model import Outcome
from losskit.conformance.run.task import Task
from losskit.spec import Claim, describe_regime
from losskit.spec.properties.implications import covers

SETTLING: dict[str, Outcome] = {"holds": "held", "fails": "confirmed"}


def in_turn(tasks: Iterable[Task], every: Sequence[Task]) -> tuple[list[Task], list[Task]]:
    """Tasks whose claims no other claim of their loss covers, and those that wait for the first to be done.

    Args:
        tasks: what is to do.
        every: all tasks of the run.
    """
    claims: dict[int, list[Claim]] = defaultdict(list)
    for task in every:
        claims[task.loss].append(task.claim)
    first: list[Task] = []
    second: list[Task] = []
    for task in tasks:
        covered = any(covers(other, task.claim) for other in claims[task.loss])
        (second if covered else first).append(task)
    return first, second


def settle(claim: Claim, others: Iterable[Claim], found: Mapping[str, Finding]) -> Finding | None:
    """The finding of a claim that another one settles, whose cases are counted there; None where a search must decide.

    A counterexample to a weaker property is one to the stronger, so the search that did not find the second did not find
    the first; and a witness against a weaker property stands against the stronger, too. Where the other claim did not
    stand, nothing follows.

    Args:
        claim: to be settled.
        others: claims of the same loss.
        found: findings of the same loss by their claims.
    """
    for other in others:
        result = found.get(str(other))
        if result is not None and result.outcome == SETTLING[claim.verdict] and covers(other, claim):
            return result.model_copy(
                update={
                    "claim": str(claim),
                    "property": claim.property.kind,
                    "verdict": claim.verdict,
                    "regime": describe_regime(claim.when),
                    "source": claim.source,
                    "cases": 0,
                    "reason": f"settled by '{result.claim}'",
                    "seconds": 0.0,
                }
            )
    return None
