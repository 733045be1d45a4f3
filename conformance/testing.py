"""One pytest test a claim, in a test of two lines.

::

    from losskit.conformance import parametrize_with_claims


    @parametrize_with_claims("my_loss")
    def test_my_loss(check):
        check()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from losskit.conformance.claim_ids import claim_ids
from losskit.conformance.claims import claims_of, verify_claim
from losskit.conformance.report import Finding, block
from losskit.registry import get, kind
from losskit.registry.loading import unknown
from losskit.spec import Claim, LossSpec
from losskit.spec.errors import LosskitError


class ClaimFellError(LosskitError, AssertionError):
    """A claim of a loss was refuted, not confirmed, or nothing was decided about it."""


@dataclass(frozen=True)
class ClaimCheck:
    """One claim of a loss and how it is attacked; calling it attacks it.

    Attributes:
        spec: the loss.
        claim: what it says.
        profile: ``quick``, ``standard`` or ``deep``.
        seed: everything that is drawn follows from it.
        device: ``cpu`` or ``cuda``.
    """

    spec: LossSpec
    claim: Claim
    profile: str = "quick"
    seed: int = 0
    device: str = "cpu"

    def __call__(self) -> Finding:
        """Attack the claim; a test is skipped, with the reason, where the claim does not apply.

        Raises:
            ClaimFellError: the claim does not stand; the message holds the witness and what reproduces it.
            LosskitError: it could not be checked.
        """
        __tracebackhide__ = True
        finding = verify_claim(self.spec, self.claim, self.profile, self.seed, self.device)
        if finding.outcome == "not_applicable":
            pytest.skip(finding.reason)
        if not finding.stood:
            error = LosskitError if finding.outcome == "error" else ClaimFellError
            raise error(block(self.spec.name, finding))
        return finding


def parametrize_with_claims(
    loss: str | LossSpec,
    *,
    profile: str = "quick",
    seed: int = 0,
    device: str = "cpu",
    only: Sequence[str] = (),
    expected: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a test with an argument ``check`` so that it runs once for every claim of a loss.

    A claim that something fails is a test of its own, which passes if a witness confirms it. The ids of the tests are
    those of :func:`losskit.conformance.claim_ids.claim_ids`, and ``pytest -k`` selects by them.

    Args:
        loss: a registered name or a spec.
        profile: ``quick``, ``standard`` or ``deep``.
        seed: everything that is drawn follows from it.
        device: ``cpu`` or ``cuda``.
        only: kinds of properties, all if empty.
        expected: ids of claims that are known to fall, each with the reason. Such a test is an expected failure, and
            fails once the claim stands; a claim that cannot be checked is not excused.

    Raises:
        UnknownLossError: no such loss.
        LosskitError: an id in ``expected`` is none of this loss's, or comes without a reason.
    """
    spec = get(loss) if isinstance(loss, str) else loss
    claims = claims_of(spec, tuple(kind(word) for word in only))
    ids, known = claim_ids(claims), dict(expected or {})
    for name, reason in known.items():
        if name not in ids:
            raise LosskitError(unknown(f"claim of {spec.name} among those tested", name, tuple(ids)))
        if not reason.strip():
            raise LosskitError(f"the claim {name} of {spec.name} is expected to fall, and the reason is missing")
    cases = [
        pytest.param(ClaimCheck(spec, claim, profile, seed, device), id=name, marks=_marks(known.get(name)))
        for name, claim in zip(ids, claims, strict=True)
    ]
    return pytest.mark.parametrize("check", cases)


def _marks(reason: str | None) -> list[pytest.MarkDecorator]:
    return [] if reason is None else [pytest.mark.xfail(reason=reason, raises=ClaimFellError, strict=True)]
