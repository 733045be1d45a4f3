"""The laws of a spec's claims, asked of the exported graph in ONNX Runtime."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, first_of_each_setting
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.kinds import laws_of
from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.outcome import BROKEN, Result
from losskit.conformance.search.domains import project
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.conformance.witness import describe
from losskit.export.axes import Sizes
from losskit.export.data import HUGE, Kind, draw
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.spec import Claim
from losskit.spec.errors import ExportError, InputError
from losskit.spec.properties import ExportsONNX, GraphKeepsLaws

KINDS = frozenset({
    "ArgumentSymmetric", "Bounded", "Concave", "Convex", "DuplicationInvariant", "Homogeneous", "LabelSymmetric",
    "Monotone", "NonNegative", "PermutationInvariant", "RotationInvariant", "ScaleInvariant", "ShiftInvariant",
    "SpatialInvariant", "TranslationInvariant",
})  # fmt: skip
# laws that compare values; those of slopes need a gradient of the gradient, or float64
DATA: tuple[Kind, ...] = ("ordinary", "ties", "tiny", "ordinary", "huge")
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
        self.left_out: list[str] = []
        self.worst = 0.0
        self.where: tuple[Law, GraphSubject, Data] | None = None

    def ask(self, graph: GraphSubject) -> None:
        """Ask a graph for both sides of every law that its parameters satisfy."""
        for claim in self.search.spec.claims:
            if claim.verdict != "holds" or claim.property.kind not in KINDS or not _covers(claim, graph):
                continue
            if claim.property.absent:
                self.left_out.append(f"{claim} leaves out inputs that the graph takes")
                continue
            elsewhere = [n for n in claim.property.subjects() if graph.spec.input(n) is None]
            if elsewhere and self.search.budget.exports == 1:
                self.left_out.append(f"{claim} compares with the graph of another {elsewhere[0]}")
                continue
            for law in (law for law in laws_of(claim) or [] if law.concerns(graph.spec)):
                # each change of a parameter is another export, of a second
                self._ask(law, graph, 1 if elsewhere else self.search.budget.batches)

    def _ask(self, law: Law, graph: GraphSubject, batches: int) -> None:
        rng = self.search.rng("graph", str(law.claim), type(law).__name__, str(graph.parameters))
        for data in _batches(law, graph, rng, batches):
            sides = law.sides(graph, data)
            ratio = _ratio(sides)
            self.cases += 1
            self.laws.add(str(law.claim))
            if float(ratio.amax()) > self.worst:
                self.worst, self.where = float(ratio.amax()), (law, graph, data)

    def result(self, remarks: list[str]) -> Result:
        """The verdict of all laws together."""
        reason = "; ".join(dict.fromkeys([*remarks, *self.left_out]))
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


def _batches(law: Law, graph: GraphSubject, rng: random.Random, count: int) -> Iterator[Data]:
    """Batches that module and law take, of sizes in the claim's regime."""
    module = Subject(graph.spec, graph.parameters, dtype=torch.float32)
    sizes = list(_sizes(law.claim, graph))
    unwanted = {*(["huge"] if max(law.scales) < HUGE else []), *(["ties"] if law.ties == 0 else [])}
    kinds = [kind for kind in DATA if kind not in unwanted]
    for turn in range(count if sizes else 0):
        at = sizes[turn % len(sizes)]
        drawn = draw(graph.axes, at, graph.parameters, rng.getrandbits(30), kinds[turn % len(kinds)])
        data: Data = {name: torch.from_numpy(values) for name, values in drawn.items()}
        try:
            module.call(data)
        except InputError:
            continue
        if not law.applies(graph, data):
            yield project(graph, law.prepare(graph, data, rng), law.ends)


def _sizes(claim: Claim, graph: GraphSubject) -> Iterator[Sizes]:
    axes = graph.axes
    for base in (*axes.fresh().values(), axes.traced):
        at, possible = dict(base), True
        for name, condition in claim.when.items():
            if name not in at or at[name] in condition:
                continue
            fitting = [n for n in range(2, 12) if n in condition] if name in axes.dynamic else []
            possible = possible and bool(fitting)
            at[name] = fitting[0] if fitting else at[name]
        if possible:
            yield at


def _ratio(sides: Sides) -> Tensor:
    """Violation in units of what float32 resolves."""
    return replace(sides, rtol=max(sides.rtol, ROUNDING)).ratio()
