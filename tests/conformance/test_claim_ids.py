from __future__ import annotations

import re

import pytest

from losskit import get
from losskit.conformance.claim_ids import claim_ids
from losskit.conformance.claims import claims_of
from losskit.registry import builtin
from losskit.spec import Above, AtLeast, Below, Between, Claim
from losskit.spec.expressions import symbol
from losskit.spec.properties import Bounded, Convex, Homogeneous, Lipschitz, ShiftInvariant


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        (ShiftInvariant(on="logits", axis="C").holds(), "ShiftInvariant-logits-C-holds"),
        (Convex(on=("a", "b")).fails(), "Convex-a+b-fails"),
        (Homogeneous(on="logits", degree=2).holds(), "Homogeneous-logits-degree-2-holds"),
        (Bounded(lower=0).holds(when={"tau": Between(0, 1.5)}), "Bounded-lower-0-holds-tau-0..1.5"),
        (Bounded().fails(when={"tau": AtLeast(2), "x": Below(1)}), "Bounded-fails-tau-2+-x-..1"),
        (Bounded().fails(when={"C": {2, 3}, "kind": "a b(c)"}), "Bounded-fails-C-2_3-kind-a_b_c"),
        (Lipschitz(on="logits", constant=2 * symbol("scale")).holds(), "Lipschitz-logits-holds"),
    ],
)
def test_a_name_is_short_and_made_of_the_claim(claim: Claim, name: str) -> None:
    assert claim_ids([claim]) == [name]


def test_claims_that_differ_in_an_end_are_told_apart_by_themselves() -> None:
    closed, open_end = Bounded().fails(when={"tau": AtLeast(2)}), Bounded().fails(when={"tau": Above(2)})
    names = claim_ids([closed, open_end])
    assert len(set(names)) == 2
    assert claim_ids([open_end, closed]) == names[::-1]
    assert all(re.fullmatch(r"Bounded-fails-tau-2\+-[0-9a-f]{6}", name) for name in names)


@pytest.mark.parametrize("loss", builtin())
def test_names_are_unique_within_a_loss_and_fit_for_a_command_line(loss: str) -> None:
    names = claim_ids(claims_of(get(loss)))
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[\w.+-]+", name)] == []
