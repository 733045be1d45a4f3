"""The laws of a spec's claims, asked of the exported graph in ONNX Runtime."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, first_of_each_setting
from losskit.conformance.checks.graph_batches import as_read_by, batches_for
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.kinds import laws_of
from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.outcome import BROKEN, Result
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.conformance.witness import describe
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.spec import Claim, describe_regime
from losskit.spec.errors import ExportError
from losskit.spec.properties import ExportsONNX, GraphKeepsLaws

KINDS = frozenset({
    "AffineInvariant", "ArgumentSymmetric", "Bounded", "Concave", "Convex", "DivergenceAxioms", "DuplicationInvariant",
    "Homogeneous", "LabelSymmetric", "MarginBased", "MinimisedAt", "Monotone", "NonNegative", "PermutationInvariant",
    "QuasiConvex", "RotationInvariant", "ScaleInvariant", "ShiftInvariant", "SpatialInvariant", "TranslationInvariant",
    "TriangleInequality", "UpperBounds", "ZeroAt",
})  # fmt: skip
# laws that compare values; the others need slopes of slopes, more digits than float32 has, or another loss beside this one
ROUNDING = 64 * torch.finfo(torch.float32).eps  # relative, on top of what rounded inputs may do to a value


def graph_keeps_laws(claim: Claim, search: Search) -> Result:
    """Export at the settings that equality with eager is checked at, and ask the graph for both sides of each law."""
    same = replace(search, salt=str(ExportsONNX().holds()))  # so that the graphs are written once
    tally = GraphTally(search)
    comparison = Comparison(claim, same)
    runtime = OnnxRuntime(search.device)
    for subject, _ in first_of_each_setting(claim, same, comparison, search.budget.exports):
        narrowed = subject.narrowing(ExportsONNX.__name__)
        if narrowed is not None:
            comparison.remarks.append(narrowed.reason)
            continue
        try:
            tally.ask(GraphSubject(search.spec, subject.parameters, runtime))
        except ExportError as error:
            comparison.refuse(str(error), subject, {})
            return comparison.result()
    return tally.result(comparison.remarks)


class GraphTally:
    """What graphs said to the laws so far.

    Args:
        search: the spec, the budget and the seed.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.cases = 0
        self.laws: set[str] = set()
        self.left_out: dict[str, str] = {}
        self.outside: dict[str, str] = {}
        self.worst = 0.0
        self.where: tuple[Law, GraphSubject, Data] | None = None

    def ask(self, graph: GraphSubject) -> None:
        """Ask a graph for both sides of every law that its parameters satisfy."""
        for claim in self.search.spec.claims:
            if claim.verdict != "holds" or claim.property.kind not in KINDS:
                continue
            if not _covers(claim, graph):
                self.outside[str(claim)] = _briefly(claim)
                continue
            reason = self._not_asked(claim, graph) or self._asked(claim, graph)
            if reason:  # which another setting may take away
                self.left_out.setdefault(str(claim), reason)

    def _not_asked(self, claim: Claim, graph: GraphSubject) -> str:
        """Why a claim is not asked of a graph, empty where it is."""
        if claim.property.absent:
            return f"{claim} leaves out inputs that the graph takes"
        elsewhere = self._elsewhere(claim, graph)
        if elsewhere and self.search.budget.exports == 1:
            return f"{claim} compares with the graph of another {elsewhere[0]}"
        return ""

    @staticmethod
    def _elsewhere(claim: Claim, graph: GraphSubject) -> list[str]:
        """Parameters that the laws of a claim change."""
        return [name for name in claim.property.subjects() if graph.spec.input(name) is None]

    def _asked(self, claim: Claim, graph: GraphSubject) -> str:
        """Ask for all laws of a claim; why none could be asked, if so."""
        # each change of a parameter is another export, of a second
        batches = 1 if self._elsewhere(claim, graph) else self.search.budget.batches
        refusals: set[str] = set()
        for law in (law for law in laws_of(claim) or [] if law.concerns(graph.spec)):
            self._ask(law, as_read_by(law, graph), batches, refusals)
        if str(claim) in self.laws:
            return ""
        why = " and ".join(sorted(refusals)) or "no batch that module and graph take lies in its regime"
        return f"{_briefly(claim)} was not asked, for {why}"

    def _ask(self, law: Law, graph: GraphSubject, batches: int, refusals: set[str]) -> None:
        rng = self.search.rng("graph", str(law.claim), type(law).__name__, str(graph.parameters))
        for data in batches_for(law, graph, rng, batches, refusals):
            sides = law.sides(graph, data)
            ratio = _ratio(sides)
            self.cases += 1
            self.laws.add(str(law.claim))
            if float(ratio.amax()) > self.worst:
                self.worst, self.where = float(ratio.amax()), (law, graph, data)

    def _skipped(self) -> list[str]:
        """Which claims no graph was asked for, and why."""
        skipped = [reason for claim, reason in self.left_out.items() if claim not in self.laws]
        outside = [told for claim, told in self.outside.items() if claim not in {*self.laws, *self.left_out}]
        if outside:
            skipped.append(f"no exported setting lies in the regime of {' or '.join(dict.fromkeys(outside))}")
        return skipped

    def result(self, remarks: list[str]) -> Result:
        """The verdict of all laws together."""
        reason = "; ".join(dict.fromkeys([*remarks, *self._skipped()]))
        if not self.cases:
            return Result("not_applicable", reason=reason or "the spec claims no law of values at these parameters")
        if self.worst > 1 and self.where is not None:
            law, graph, data = self.where
            if self.worst <= BROKEN:
                told = f"on the graph {law.claim} is off by {self.worst:.3g} times what rounding explains"
                return Result("undecided", self.cases, self.worst, told)
            witness = describe(law, "", graph, data)
            command = f"{self.search.command} --only {GraphKeepsLaws.__name__}".strip()
            witness = witness.model_copy(
                update={"command": command, "detail": f"{law.claim} on the graph: {law.detail}"}
            )
            return Result("refuted", self.cases, self.worst, witness.detail, witness)
        told = f"{len(self.laws)} claims asked of the graph" + (f"; {reason}" if reason else "")
        return Result("held", self.cases, self.worst, told)


def _covers(claim: Claim, subject: Subject) -> bool:
    """Whether the parameters lie in the regime; sizes are chosen later."""
    return all(subject.within(name, c) for name, c in claim.when.items() if name in subject.parameters)


def _briefly(claim: Claim) -> str:
    """A claim by its kind and regime; where it lies or what it is bounded by may fill pages."""
    regime = describe_regime(claim.when)
    return f"{claim.property.kind} when {regime}" if regime else claim.property.kind


def _ratio(sides: Sides) -> Tensor:
    """Violation in units of what float32 resolves."""
    return replace(sides, rtol=max(sides.rtol, ROUNDING)).ratio()
