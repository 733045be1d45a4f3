"""Exported graphs against eager, in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from losskit.conformance.checks.base import Comparison, first_of_each_setting
from losskit.conformance.outcome import Result
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Subject
from losskit.export.compare import compare_graphs
from losskit.export.plain import compare_plain_graph
from losskit.export.results import Replay
from losskit.spec import Claim
from losskit.spec.errors import ExportError

Compare = Callable[..., Replay]


def exports_onnx(claim: Claim, search: Search) -> Result:
    """Export value and gradient at a few settings and compare at many shapes and at extreme inputs.

    Unreduced values are compared at one setting more: an error that the mean hides, a wrong axis of a sum for one, shows
    there. A foreign loss is first exported as its users do it, by the framework in one step.
    """
    comparison = Comparison(claim, search)
    settings = [s for s, _ in first_of_each_setting(claim, search, comparison, search.budget.exports + 1)]
    ways: tuple[Compare, ...] = (compare_graphs,)
    if search.spec.adapter is not None:
        ways = (compare_plain_graph, compare_graphs)
    for subject in settings[: search.budget.exports]:
        for compare in ways:
            _compare(comparison, subject, compare)
    if settings and "none" in search.spec.reductions():
        _compare(comparison, settings[-1], partial(compare_graphs, reduction="none", gradient=False))
    return comparison.result()


def _compare(comparison: Comparison, subject: Subject, compare: Compare) -> None:
    """Replay the graphs of one setting."""
    search = comparison.search
    given = {k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()}
    try:
        replayed = compare(search.spec, given, seed=search.seed, device=search.device)
    except ExportError as error:
        comparison.refuse(str(error), subject, {})
        return
    comparison.cases += len(replayed.results)
    comparison.worst = max(comparison.worst, *(case.worst for case in replayed.results))
    if not replayed.ok:
        comparison.refuse(replayed.failure, subject, {})
