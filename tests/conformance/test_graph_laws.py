"""Laws asked of the exported graph: what a tampered graph, and a loss that is another one when exported, cannot hide."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import Tensor

from losskit import get, verify
from losskit.conformance.checks.graph_laws import GraphTally
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.outcome import Result
from losskit.conformance.profiles import PROFILES
from losskit.conformance.search.scope import Search
from losskit.export import graphs
from losskit.export.subject import Subject as Exported
from losskit.plugins.classification.crammer_singer.loss import CrammerSingerLoss
from losskit.spec import Claim, LossSpec
from losskit.spec.properties import Homogeneous, NonNegative, PermutationInvariant, ShiftInvariant

MARGINLESS = {"margin": 0.0}
LINEAR = Homogeneous(on="logits").holds(when=MARGINLESS, source="a maximum of linear functions")


def _only(*claims: Claim, module: str = "") -> LossSpec:
    spec = get("crammer_singer").model_copy(update={"claims": claims})
    return spec.model_copy(update={"module": f"{__name__}:{module}"}) if module else spec


def _asked(spec: LossSpec, graph: type[GraphSubject] = GraphSubject) -> Result:
    tally = GraphTally(Search(spec, PROFILES["quick"], seed=0, command="losskit verify crammer_singer"))
    tally.ask(graph(spec, MARGINLESS))
    return tally.result([])


class AddsOne(GraphSubject):
    """Both graphs with 1 added to the value."""

    def content(self, exported: Exported, *, gradient: bool) -> bytes:
        model = onnx.load_model_from_string(super().content(exported, gradient=gradient))
        for node in model.graph.node:
            node.output[:] = ["before" if name == "loss" else name for name in node.output]
        one = numpy_helper.from_array(np.array(1.0, dtype=np.float32), "one")
        model.graph.initializer.append(one)
        model.graph.node.append(helper.make_node("Add", ["before", "one"], ["loss"]))
        return bytes(model.SerializeToString())


class SoftmaxOverRows(GraphSubject):
    """The value graph with the softmax along the batch."""

    def content(self, exported: Exported, *, gradient: bool) -> bytes:
        model = onnx.load_model_from_string(super().content(exported, gradient=gradient))
        for node in model.graph.node if not gradient else ():
            for attribute in node.attribute if node.op_type == "LogSoftmax" else ():
                attribute.i = 0
        return bytes(model.SerializeToString())


class OtherWhenExported(CrammerSingerLoss):
    """A constant too much, in exported programs only."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        found = super().value(logits, target)
        return found - 0.5 if torch.compiler.is_exporting() else found


class BranchesOnData(CrammerSingerLoss):
    """Python decides by the numbers it sees."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        found = super().value(logits, target)
        return found if float(logits.sum()) > 0 else found + 0.0


def test_the_graph_keeps_the_laws_of_the_loss() -> None:
    result = _asked(_only(LINEAR, NonNegative().holds(), ShiftInvariant(on="logits", axis="C").holds()))
    assert result.outcome == "held"
    assert (
        result.cases == 5 * PROFILES["quick"].batches
    )  # a shift and a degree have two, of the value and of the gradient
    assert result.worst is not None
    assert result.worst < 1
    assert result.reason.startswith("3 claims asked of the graph")


def test_a_constant_added_to_the_graph_breaks_homogeneity() -> None:
    result = _asked(_only(LINEAR), AddsOne)
    assert result.outcome == "refuted"
    assert result.witness is not None
    assert "on the graph" in result.witness.detail
    assert "--only GraphKeepsLaws" in result.witness.command
    assert "graph=True" in result.witness.code


def test_a_swapped_axis_breaks_an_invariance() -> None:
    spec = get("cross_entropy")
    shift = spec.model_copy(update={"claims": (ShiftInvariant(on="logits", axis="C").holds(),)})
    tally = GraphTally(Search(shift, PROFILES["quick"], seed=0))
    tally.ask(SoftmaxOverRows(shift, {}))
    assert tally.result([]).outcome == "refuted"


def test_a_bound_and_an_invariance_survive_a_constant() -> None:
    claims = (NonNegative().holds(), ShiftInvariant(on="logits", axis="C").holds())
    assert _asked(_only(*claims), AddsOne).outcome == "held"


def test_a_false_claim_falls_on_the_graph_too() -> None:
    assert _asked(_only(ShiftInvariant(on="logits", axis="B").holds())).outcome == "refuted"


def test_a_loss_that_is_another_one_when_exported_is_refuted() -> None:
    spec = _only(NonNegative().holds(), PermutationInvariant(over="classes").holds(), module="OtherWhenExported")
    module, graph = (
        verify(spec, only=["NonNegative", "GraphKeepsLaws"], engine="here", device="cpu").losses[0].findings[::-1]
    )
    assert (module.outcome, graph.outcome) == ("held", "refuted")
    assert graph.reason.startswith("NonNegative holds on the graph")


def test_a_loss_that_branches_on_data_is_refused() -> None:
    spec = _only(NonNegative().holds(), module="BranchesOnData")
    finding = verify(spec, only=["GraphKeepsLaws"], engine="here", device="cpu").losses[0].findings[0]
    assert finding.outcome == "refuted"
    assert "cannot be traced" in finding.reason


def test_laws_of_changed_parameters_wait_for_the_standard_profile() -> None:
    claim = Homogeneous(on=("logits", "margin")).holds()
    finding = verify(_only(claim), only=["GraphKeepsLaws"], engine="here", device="cpu").losses[0].findings[0]
    assert finding.outcome == "not_applicable"
    assert "compares with the graph of another margin" in finding.reason
    standard = verify(_only(claim), only=["GraphKeepsLaws"], profile="standard", engine="here", device="cpu")
    assert standard.losses[0].findings[0].outcome == "held"


@pytest.mark.parametrize("name", ["dpo", "mann_whitney"])
def test_graphs_are_written_once_for_all_their_checks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = graphs.write_graph

    def count(subject: Exported, *, gradient: bool) -> bytes:
        written.append(f"{subject.parameters} {subject.reduction} {subject.axes} {gradient}")
        return write(subject, gradient=gradient)

    monkeypatch.setattr(graphs, "write_graph", count)
    monkeypatch.setattr(graphs, "_WRITTEN", {})
    only = ["ExportsONNX", "GraphKeepsLaws", "GraphRejectsBadInput"]
    findings = verify(name, only=only, engine="here", device="cpu").losses[0].findings
    assert len(findings) == 3
    assert all(finding.outcome == "held" for finding in findings)
    assert written
    assert len(written) == len(set(written))
