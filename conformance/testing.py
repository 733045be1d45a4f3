"""One pytest test a claim, in two lines.

::

    from losskit.conformance.testing import claim_tests

    test_my_loss = claim_tests("my_loss")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from losskit.conformance.engine import claims_of, verify_claim
from losskit.conformance.report import Finding
from losskit.registry import get, kind
from losskit.spec import Claim, LossSpec


def claim_tests(
    loss: str | LossSpec, *, profile: str = "quick", seed: int = 0, device: str = "cpu", only: Sequence[str] = ()
) -> Callable[[Claim], None]:
    """A test function, parametrised with every claim of a loss and every property all losses declare.

    Args:
        loss: a registered name or a spec.
        profile: ``quick``, ``standard`` or ``deep``.
        seed: everything that is drawn follows from it.
        device: ``cpu`` or ``cuda``.
        only: kinds of properties, all if empty.

    Raises:
        UnknownLossError: no such loss.
    """
    spec = get(loss) if isinstance(loss, str) else loss
    claims = claims_of(spec, tuple(kind(word) for word in only))

    @pytest.mark.parametrize("claim", claims, ids=str)
    def test(claim: Claim) -> None:
        finding = verify_claim(spec, claim, profile, seed, device)
        if finding.outcome == "not_applicable":
            pytest.skip(finding.reason)
        assert finding.stood, explain(finding)

    return test


def explain(finding: Finding) -> str:
    """A claim that fell, with its witness, as an assertion message."""
    lines = [f"{finding.claim}: {finding.outcome}" + (f", {finding.reason}" if finding.reason else "")]
    if finding.witness is not None:
        lines += [f"{finding.witness.detail}: {finding.witness.left!r} and {finding.witness.right!r}"]
        lines += [finding.witness.command, finding.witness.code]
    return "\n".join(lines)
