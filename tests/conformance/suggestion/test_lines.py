"""Claims written as Python are the claims again."""

from __future__ import annotations

from typing import Any

import pytest

import losskit
from losskit.conformance.suggestion.lines import lines_of
from losskit.spec import Claim
from losskit.spec.expressions import one_hot, symbol
from losskit.spec.properties import Bounded, NonNegative, ZeroAt


def read(lines: str) -> tuple[Claim, ...]:
    head, _, body = lines.partition("\n\n")
    space: dict[str, Any] = {}
    exec(head, space)
    found: tuple[Claim, ...] = eval(f"({body})", space)
    return found


@pytest.mark.parametrize("name", losskit.names())
def test_every_claim_of_a_loss_comes_back(name: str) -> None:
    claims = losskit.get(name).claims
    assert [c.model_dump_json() for c in read(lines_of(claims))] == [c.model_dump_json() for c in claims]


def test_formulas_are_written_as_people_write_them() -> None:
    tau, c = symbol("tau"), symbol("C")
    claims = (
        Bounded(lower=-(1 - 1 / c), upper=2 ** (tau - 1) / (tau * c)).holds(),
        ZeroAt(where={"logits": one_hot(symbol("target"), c)}).holds(when={"tau": 2.0}, source='Euler, "a proof"'),
    )
    lines = lines_of(claims)
    assert (
        'Bounded(lower=-(1 - 1 / symbol("C")), upper=2 ** (symbol("tau") - 1) / (symbol("tau") * symbol("C")))' in lines
    )
    assert 'one_hot(symbol("target"), symbol("C"))' in lines
    assert "from losskit.spec.expressions import one_hot, symbol\n" in lines


def test_without_claims_nothing_is_imported() -> None:
    assert lines_of(()) == ""
    assert lines_of((NonNegative().holds(),)).startswith("from losskit.spec.properties import NonNegative\n\n")
