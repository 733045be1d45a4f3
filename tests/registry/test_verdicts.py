"""Both verdicts of every kind: a property that nothing has, or that nothing lacks, tells no two losses apart."""

import pytest

from losskit import get, registry
from losskit.spec.properties import KINDS, TARGETS, UpperBounds

CLAIMABLE = sorted(name for name, model in KINDS.items() if not model.default and name != "Engineering")
BUILTIN = [get(name) for name in registry.builtin()]


@pytest.mark.parametrize("verdict", ["holds", "fails"])
@pytest.mark.parametrize("kind", CLAIMABLE)
def test_every_kind_is_claimed_to_hold_and_to_fail(kind: str, verdict: str) -> None:
    assert [
        (spec.name, str(claim))
        for spec in BUILTIN
        for claim in spec.claims
        if claim.property.kind == kind and claim.verdict == verdict
    ]


def test_what_is_bounded_from_above_exists() -> None:
    bounds = [c.property for spec in BUILTIN for c in spec.claims if isinstance(c.property, UpperBounds)]
    assert {bound.target for bound in bounds} <= {*TARGETS, *registry.builtin()}
