"""Laws of places, of bounds by other losses and of single samples, asked of graphs: true ones stand, false ones fall."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

from losskit import get
from losskit.conformance import replay
from losskit.conformance.checks.graph_batches import as_read_by, batches_for
from losskit.conformance.checks.graph_laws import GraphTally
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.kinds import laws_of
from losskit.conformance.laws.axioms import Apart
from losskit.conformance.outcome import Result
from losskit.conformance.profiles import PROFILES
from losskit.conformance.search.scope import Search
from losskit.export.subject import Subject as Exported
from losskit.spec import AtLeast, Claim
from losskit.spec.expressions import log, maximum, one_hot, symbol
from losskit.spec.properties import (
    AffineInvariant,
    DivergenceAxioms,
    MarginBased,
    MinimisedAt,
    QuasiConvex,
    TriangleInequality,
    UpperBounds,
    ZeroAt,
)

SEVERAL = {"C": AtLeast(2)}
TARGET = symbol("target")
ODDS = log(maximum(TARGET, 1e-300)) - log(maximum(1 - TARGET, 1e-300))
FALSE: dict[str, Claim] = {
    "cross_entropy": AffineInvariant(on="logits", axis="C").holds(when=SEVERAL),
    "brier": MarginBased().holds(when={"C": AtLeast(3)}),
    "logistic": UpperBounds(target="zero_one").holds(),
    "binary_cross_entropy_with_logits": MinimisedAt(where={"logits": 1.1 * ODDS}).holds(),
    "sigmoid_focal": UpperBounds(target="zero_one").holds(),
    "spherical_softmax": QuasiConvex(on="logits").holds(when=SEVERAL),
    "mae": ZeroAt(where={"input": TARGET + 1e-3}).holds(),
    "crammer_singer": ZeroAt(where={"logits": 0.99 * symbol("margin") * one_hot(TARGET, symbol("C"))}).holds(),
    "hinge": DivergenceAxioms(of="logits", origin=symbol("margin") * (2 * TARGET - 1)).holds(),
    "mse": TriangleInequality(a="input", b="target").holds(),
}


class Tampered(GraphSubject):
    """Both graphs with one operator more, on the value."""

    operator = "Mul"
    constant = -1.0

    def content(self, exported: Exported, *, gradient: bool) -> bytes:
        model = onnx.load_model_from_string(super().content(exported, gradient=gradient))
        for node in model.graph.node:
            node.output[:] = ["before" if name == "loss" else name for name in node.output]
        model.graph.initializer.append(numpy_helper.from_array(np.array(self.constant, dtype=np.float32), "constant"))
        model.graph.node.append(helper.make_node(self.operator, ["before", "constant"], ["loss"]))
        return bytes(model.SerializeToString())


class Halved(Tampered):
    constant = 0.5


class Lifted(Tampered):
    operator, constant = "Add", 1e-3


def _asked(name: str, kind: str, graph: type[GraphSubject] = GraphSubject, **parameters: Any) -> Result:
    spec = get(name)
    return _result(name, tuple(c for c in spec.claims if c.property.kind == kind), graph, parameters)


def _result(name: str, claims: tuple[Claim, ...], graph: type[GraphSubject], parameters: dict[str, Any]) -> Result:
    spec = get(name).model_copy(update={"claims": claims})
    tally = GraphTally(Search(spec, PROFILES["quick"], seed=0))
    tally.ask(graph(spec, parameters))
    return tally.result([])


@pytest.mark.parametrize(("name", "claim"), FALSE.items(), ids=lambda given: given if isinstance(given, str) else "")
def test_a_false_claim_falls_on_the_graph(name: str, claim: Claim) -> None:
    result = _result(name, (claim,), GraphSubject, {})
    assert result.outcome == "refuted", result


@pytest.mark.parametrize(
    ("name", "kind", "graph"),
    [
        ("focal", "QuasiConvex", Tampered),
        ("mae", "MinimisedAt", Tampered),
        ("logistic", "UpperBounds", Halved),
        ("dpo", "UpperBounds", Halved),
        ("mann_whitney", "UpperBounds", Tampered),
        ("comp_sum", "UpperBounds", Halved),
        ("one_hot_mse", "DivergenceAxioms", Lifted),
        ("categorical_projection", "MinimisedAt", Tampered),
        ("mse", "ZeroAt", Lifted),
    ],
)
def test_a_tampered_graph_breaks_what_the_loss_keeps(name: str, kind: str, graph: type[GraphSubject]) -> None:
    assert _asked(name, kind).outcome == "held"
    assert _asked(name, kind, graph).outcome == "refuted"


def test_a_place_is_computed_in_float64_and_rounded_for_the_graph() -> None:
    spec = get("binary_cross_entropy_with_logits")
    (claim,) = [c for c in spec.claims if c.property.kind == "MinimisedAt"]
    (law,) = laws_of(claim) or []
    graph = GraphSubject(spec, {})
    view = as_read_by(law, graph)
    for data in batches_for(law, view, random.Random(0), 5, set()):
        assert data["logits"].dtype == torch.float64
        sides = law.sides(view, data)
        assert sides.left.isfinite().all()  # log(1e-300) is a number in float64 alone
    assert as_read_by(laws_of(FALSE["mse"])[0], graph) is graph  # type: ignore[index]


def test_points_that_are_one_to_a_graph_are_no_distance_apart() -> None:
    spec = get("mse")
    claim = next(c for c in spec.claims if c.property.kind == "DivergenceAxioms")
    law = next(law for law in laws_of(claim) or [] if isinstance(law, Apart))
    graph = as_read_by(law, GraphSubject(spec, {}))
    target = torch.full((2, 1), 0.25, dtype=torch.float64)
    apart = {gap: law.sides(graph, {"input": target + gap, "target": target}) for gap in (1e-16, 1e-3)}
    assert apart[1e-16].left.item() == 0
    assert apart[1e-3].left.item() > 0
    assert all(sides.ratio().item() == 0 for sides in apart.values())


def test_what_is_said_of_each_sample_is_asked_of_one() -> None:
    spec = get("binary_cross_entropy_with_logits")
    claim = next(c for c in spec.claims if c.property.kind == "UpperBounds" and c.verdict == "holds")
    graph = GraphSubject(spec, {})
    law = next(law for law in laws_of(claim) or [] if law.concerns(spec))
    shapes = {tuple(data["logits"].shape) for data in batches_for(law, graph, random.Random(0), 5, set())}
    assert shapes == {(1,)}  # of an input of any shape, which the graph takes two axes of


def test_samples_that_are_coupled_are_asked_together() -> None:
    spec = get("mann_whitney")
    claim = next(c for c in spec.claims if c.property.kind == "UpperBounds" and c.verdict == "holds")
    (law,) = laws_of(claim) or []
    sizes = [len(data["logits"]) for data in batches_for(law, GraphSubject(spec, {}), random.Random(0), 5, set())]
    assert max(sizes) > 1


def test_claims_of_other_settings_are_named() -> None:
    spec = get("comp_sum")
    tally = GraphTally(Search(spec, PROFILES["quick"], seed=0))
    tally.ask(GraphSubject(spec, {"tau": 1.0}))
    before = tally.result([]).reason
    assert "no exported setting lies in the regime of" in before
    assert "LabelSymmetric when tau = 2" in before
    tally.ask(GraphSubject(spec, {"tau": 2.0}))
    assert "LabelSymmetric" not in tally.result([]).reason


def test_a_claim_that_no_batch_is_in_reach_of_is_named() -> None:
    result = _asked("crrelu", "MinimisedAt")
    assert result.outcome == "not_applicable"
    assert "was not asked, for the regime is one of the parameter epsilon, which an input replaces" in result.reason


def test_a_witness_of_one_sample_can_be_replayed() -> None:
    claim = next(c for c in get("logistic").claims if c.property.kind == "UpperBounds" and c.verdict == "holds")
    told = replay(
        "logistic",
        str(claim),
        law="AboveSigns",
        parameters={},
        graph=True,
        logits=torch.tensor([-1.0]),
        target=torch.tensor([1.0]),
    )
    assert "0 times the tolerance apart" in told
