"""What a proposal says in place of a source."""

from __future__ import annotations

from typing import Any

from losskit.conformance.report import Finding
from losskit.spec import Claim
from losskit.spec.properties.base import PROPOSAL

LONGEST = 90


def source_of(claim: Claim, finding: Finding, profile: str, seed: int) -> str:
    """The mark of a proposal, and what speaks for it: how many cases, or the witness in short."""
    if claim.verdict == "holds":
        what = finding.reason if not finding.cases and finding.reason else f"not refuted in {finding.cases:,} cases"
        return f"{PROPOSAL}: {what} ({profile}, seed {seed}); needs a source"
    return f"{PROPOSAL}: {witness_in_short(finding)} ({profile}, seed {seed}); needs a source"


def witness_in_short(finding: Finding) -> str:
    """Parameters, inputs and the two sides, as far as a line goes."""
    witness = finding.witness
    if witness is None:
        return finding.reason or "a witness was found"
    words = [f"{name}={_short(value)}" for name, value in (*witness.parameters.items(), *witness.inputs.items())]
    inputs = ", ".join(word for word in words if not word.startswith("_"))
    inputs = inputs if len(inputs) <= LONGEST else f"{inputs[:LONGEST]} ..."
    return f"{inputs}: {witness.left:.4g} against {witness.right:.4g}"


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_short, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
