"""Each law once: which claims another one settles, and which are searched on their own."""

from __future__ import annotations

import pytest

from losskit import get, verify
from losskit.conformance.report import Finding, LossReport
from losskit.spec import AtLeast, Between, Claim
from losskit.spec.properties import AffineInvariant, Convex, QuasiConvex, ScaleInvariant, ShiftInvariant, StrictlyConvex

AFFINE = AffineInvariant(on="logits", axis="C")
SHIFT, SCALE = ShiftInvariant(on="logits", axis="C"), ScaleInvariant(on="logits", axis="C")
KINDS = ["AffineInvariant", "ShiftInvariant", "ScaleInvariant", "Convex", "QuasiConvex", "StrictlyConvex"]


def _findings(loss: str, *claims: Claim) -> dict[str, Finding]:
    spec = get(loss).model_copy(update={"claims": claims})
    return {f.property: f for f in verify(spec, only=KINDS).losses[0].findings}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0)])
def test_what_the_stronger_claim_settles_is_not_searched_again(order: tuple[int, ...]) -> None:
    claims = AFFINE.holds(when={"eps": 0.0}), SHIFT.holds(when={"eps": 0.0}), SCALE.holds(when={"eps": 0.0, "C": 3})
    found = _findings("z_loss", *(claims[place] for place in order))
    assert {f.outcome for f in found.values()} == {"held"}
    assert found["AffineInvariant"].cases > 0
    for kind in ("ShiftInvariant", "ScaleInvariant"):
        assert found[kind].cases == 0
        assert found[kind].reason == "settled by 'AffineInvariant(on=logits, axis=C) holds when eps = 0'"


def test_a_weaker_claim_on_a_wider_regime_is_searched() -> None:
    found = _findings("z_loss", AFFINE.holds(when={"eps": 0.0}), SHIFT.holds())
    assert found["ShiftInvariant"].cases > 0


def test_where_the_stronger_claim_falls_the_weaker_is_searched() -> None:
    found = _findings("cross_entropy", AFFINE.holds(), SHIFT.holds(), SCALE.holds())
    assert found["AffineInvariant"].outcome == found["ScaleInvariant"].outcome == "refuted"
    assert found["ShiftInvariant"].outcome == "held"
    assert found["ShiftInvariant"].cases > 0


def test_a_witness_against_the_weaker_stands_against_the_stronger() -> None:
    bent = {"a": 1.0, "b": 1.0, "eps": Between(0, 1), "C": AtLeast(3)}
    claims = [kind(on="logits").fails(when=bent) for kind in (StrictlyConvex, Convex, QuasiConvex)]
    found = _findings("z_loss", *claims)
    assert {f.outcome for f in found.values()} == {"confirmed"}
    assert [found[k].cases > 0 for k in ("StrictlyConvex", "Convex", "QuasiConvex")] == [False, False, True]
    assert found["StrictlyConvex"].witness == found["QuasiConvex"].witness is not None


def test_findings_keep_the_order_of_the_claims() -> None:
    report: LossReport = verify("z_loss", only=KINDS).losses[0]
    kinds = [c for c in get("z_loss").claims if c.property.kind in KINDS]
    assert [f.claim for f in report.findings] == [str(c) for c in kinds]
