"""Both verdicts of every kind: a property that nothing has, or that nothing lacks, tells no two losses apart.

Left out are the kinds that every loss declares, for no registered loss may fail them: that they can fail is shown by planted
faults, of which tests/conformance/mutants/test_kinds.py asks for one a kind.
"""

import pytest

from losskit import get, registry
from losskit.spec import Claim
from losskit.spec.properties import KINDS, TARGETS, UpperBounds
from losskit.spec.properties.implications import consequences

CLAIMABLE = sorted(name for name, model in KINDS.items() if not model.default and name != "Engineering")
BUILTIN = [get(name) for name in registry.builtin()]


def _says(claim: Claim, kind: str, verdict: str) -> bool:
    """Whether a claim gives the verdict on a kind, itself or by what it implies."""
    if claim.verdict != verdict:
        return False
    if verdict == "holds":
        return kind in {claim.property.kind, *(weaker.kind for weaker in consequences(claim.property))}
    return claim.property.kind == kind or (
        kind == "StrictlyProper" and claim.property.kind == "Proper"
    )  # what is not proper is not strictly so


@pytest.mark.parametrize("verdict", ["holds", "fails"])
@pytest.mark.parametrize("kind", CLAIMABLE)
def test_every_kind_is_claimed_to_hold_and_to_fail(kind: str, verdict: str) -> None:
    assert [spec.name for spec in BUILTIN for claim in spec.claims if _says(claim, kind, verdict)]


def test_what_is_bounded_from_above_exists() -> None:
    bounds = [c.property for spec in BUILTIN for c in spec.claims if isinstance(c.property, UpperBounds)]
    assert {bound.target for bound in bounds} <= {*TARGETS, *registry.builtin()}
