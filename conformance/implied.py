"""Each law once: what was found out about a stronger claim settles the weaker ones on the same regime."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from losskit.conformance.report import Finding
from losskit.conformance.report.model import Outcome
from losskit.spec import Claim, describe_regime
from losskit.spec.properties.implications import covers

SETTLING: dict[str, Outcome] = {"holds": "held", "fails": "confirmed"}


def each_once(claims: Sequence[Claim], verify: Callable[[Claim], Finding]) -> tuple[Finding, ...]:
    """Findings of all claims, in their order; no search is made for what another one has settled.

    A counterexample to a weaker property is one to the stronger, so the search that did not find the second did not find
    the first; and a witness against a weaker property stands against the stronger, too. Where the other claim did not
    stand, nothing follows, and the claim is searched on its own.
    """
    found: dict[str, Finding] = {}

    def finding(claim: Claim) -> Finding:
        known = found.get(str(claim))
        if known is None:
            known = found[str(claim)] = _settled(claim) or verify(claim)
        return known

    def _settled(claim: Claim) -> Finding | None:
        for other in claims:
            if other is not claim and covers(other, claim):
                result = finding(other)
                if result.outcome == SETTLING[claim.verdict]:
                    return _after(claim, other, result)
        return None

    return tuple(finding(claim) for claim in claims)


def _after(claim: Claim, other: Claim, result: Finding) -> Finding:
    """The finding of a claim that another one settles; its cases are counted there."""
    return result.model_copy(
        update={
            "claim": str(claim),
            "property": claim.property.kind,
            "verdict": claim.verdict,
            "regime": describe_regime(claim.when),
            "source": claim.source,
            "cases": 0,
            "reason": f"settled by '{other}'",
            "seconds": 0.0,
        }
    )
