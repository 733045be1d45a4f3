"""Wrong inputs in the exported graph: it fails, or the spec says what comes out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Literal

import torch

from losskit.conformance.checks.base import Comparison, first_of_each_setting
from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.outcome import Result
from losskit.conformance.search.scope import Search
from losskit.conformance.search.wrong import wrong_inputs
from losskit.conformance.subject import Data, Subject
from losskit.export.data import draw
from losskit.spec import Claim
from losskit.spec.errors import ExportError, InputError, InputTypeError
from losskit.spec.graphs import Wrong
from losskit.spec.properties import ExportsONNX

Answer = Literal["number", "nan", "refused"]
BATCHES = 2


def graph_rejects_bad_input(claim: Claim, search: Search) -> Result:
    """Feed the graph everything that the module refuses, and compare what it does with ``graph_accepts``."""
    same = replace(search, salt=str(ExportsONNX().holds()))  # so that the graphs are written once
    comparison = Comparison(claim, same)
    for subject, _ in first_of_each_setting(claim, same, comparison, search.budget.exports):
        narrowed = subject.narrowing(ExportsONNX.__name__)
        if narrowed is not None:
            comparison.remarks.append(narrowed.reason)
            continue
        try:
            graph = GraphSubject(search.spec, subject.parameters)
        except ExportError as error:
            comparison.refuse(str(error), subject, {})
            continue
        compare_with_declaration(comparison, graph, search.seed)
    return comparison.result()


def compare_with_declaration(comparison: Comparison, graph: GraphSubject, seed: int) -> None:
    """Both ways: what the graph answers is declared, and what is declared is answered as it says."""
    declared = {
        (one.input, one.wrong): one
        for one in graph.spec.graph_accepts
        if all(graph.within(name, condition) for name, condition in one.when.items())
    }
    answers = given_answers(graph, seed)
    silent = [(key, found) for key, (found, _) in answers.items() if found and key not in declared]
    more = ", ".join(f"{name} with {wrong} ({' and '.join(sorted(found))})" for (name, wrong), found in silent[1:])
    for (name, wrong), (found, data) in answers.items():
        one = declared.pop((name, wrong), None)
        told = f"{name} with {wrong}: the graph gives a {' and a '.join(sorted(found))}"
        if one is None:
            untold = "graph_accepts is silent" + (f", as it is of {more}" if more else "")
            comparison.expect(not found, f"{told}, the module an error, and {untold}", graph, data)
        elif found:
            comparison.expect(found == {one.answer}, f"{told}, graph_accepts says {one.answer}", graph, data)
        else:
            comparison.refuse(f"graph_accepts says that {one}; the graph refuses it", graph, data)
    for one in declared.values():
        comparison.refuse(f"graph_accepts says that {one}; no such input is refused by the module", graph, {})


def given_answers(graph: GraphSubject, seed: int) -> dict[tuple[str, Wrong], tuple[set[Answer], Data]]:
    """What the graph answers to each kind of wrong input that the module refuses, nothing where it fails."""
    module = Subject(graph.spec, graph.parameters, dtype=torch.float32)
    found: dict[tuple[str, Wrong], set[Answer]] = defaultdict(set)
    shown: dict[tuple[str, Wrong], Data] = {}
    for batch in range(BATCHES):
        drawn = draw(graph.axes, graph.axes.traced, graph.parameters, seed + batch)
        right: Data = {name: torch.from_numpy(values) for name, values in drawn.items()}
        for one in wrong_inputs(module, right):
            if one.wrong is None or not _refuses(module, one.data):
                continue
            key = one.name, one.wrong
            shown.setdefault(key, one.data)
            answer = _answer(graph, one.data)
            if answer == "refused":
                continue
            found[key].add(answer)
            shown[key] = one.data
    return {key: (found[key], data) for key, data in shown.items()}


def _refuses(module: Subject, data: Data) -> bool:
    try:
        module.call(data, "mean")
    except (InputError, InputTypeError):
        return True
    return False


def _answer(graph: GraphSubject, data: Data) -> Answer:
    try:
        value = graph.call(data)
    except ExportError:
        return "refused"
    return "nan" if bool(value.isnan()) else "number"
