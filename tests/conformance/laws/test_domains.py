"""Inputs that have an interval for a domain: what laws and checks do to them stays inside."""

from __future__ import annotations

import random

import torch

from losskit import get
from losskit.conformance import verify
from losskit.conformance.kinds import laws_of
from losskit.conformance.search.inputs import draw
from losskit.conformance.subject import Data, Subject
from losskit.spec.properties import Differentiable

NODES = {
    "y": torch.zeros(3, dtype=torch.float64),
    "dy": torch.tensor([1e-6, 0.5, 3.0], dtype=torch.float64),
    "quadrature": torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64),
}


def test_steps_of_differences_neither_leave_the_domain_nor_come_near_its_end() -> None:
    subject = Subject(get("activation_entropy"), {})
    for law in laws_of(Differentiable(on=("dy", "quadrature"), order=0).holds()) or []:
        prepared = law.prepare(subject, NODES, random.Random(0))
        assert prepared["dy"].tolist() == [0.01, 0.5, 3.0]
        assert prepared["quadrature"].tolist() == [0.01, 1.0, 2.0]
        assert float(law.sides(subject, prepared).ratio().amax()) <= 1


def sought(loss: str, on: str | tuple[str, ...], **parameters: float | str) -> list[Data]:
    """Inputs where the search for a kink of a loss ends, drawn a few times."""
    subject = Subject(get(loss), parameters)
    (law,) = laws_of(Differentiable(on=on).fails()) or []
    sizes = dict.fromkeys(subject.spec.symbols(), 3)
    found = []
    for seed in range(5):
        rng = random.Random(seed)
        found.append(law.prepare(subject, draw(subject, sizes, 200, rng, (1.0,)), rng))
    return found


def test_the_search_for_a_kink_stays_inside_an_interval() -> None:
    for data in sought("activation_entropy", ("dy", "quadrature")):
        assert (data["dy"] > 0).all()
        assert (data["quadrature"] >= 0).all()


def test_the_search_for_a_kink_stays_between_two_ends() -> None:
    for data in sought("h_consistency_transform", "value", direction="T"):
        assert data["value"].min() > 0
        assert data["value"].max() < 1


def test_inputs_that_refuse_not_a_number_are_not_spoilt_with_it() -> None:
    (found,) = verify(get("eafo_correction"), profile="quick", device="cpu", only=("Weighted",)).losses[0].findings
    assert found.outcome == "held"
