"""Exported graphs against eager, in ONNX Runtime."""

from __future__ import annotations

from losskit.conformance.checks.base import Comparison, first_of_each_setting
from losskit.conformance.outcome import Result
from losskit.conformance.search.scope import Search
from losskit.export.compare import compare_graphs
from losskit.export.plain import compare_plain_graph
from losskit.spec import Claim
from losskit.spec.errors import ExportError


def exports_onnx(claim: Claim, search: Search) -> Result:
    """Export value and gradient at a few settings and compare at many shapes and at extreme inputs.

    A foreign loss is first exported as its users do it, by the framework in one step.
    """
    comparison = Comparison(claim, search)
    ways = (compare_graphs,) if search.spec.adapter is None else (compare_plain_graph, compare_graphs)
    for subject, _ in first_of_each_setting(claim, search, comparison, search.budget.exports):
        given = {k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()}
        for compare in ways:
            try:
                replayed = compare(search.spec, given, seed=search.seed, device=search.device)
            except ExportError as error:
                comparison.refuse(str(error), subject, {})
                continue
            comparison.cases += len(replayed.results)
            comparison.worst = max(comparison.worst, *(case.worst for case in replayed.results))
            if not replayed.ok:
                comparison.refuse(replayed.failure, subject, {})
    return comparison.result()
