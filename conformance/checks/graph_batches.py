"""Batches that a law is asked of a graph on: of sizes that were not traced, as the law reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch

from losskit.conformance.graph_subject import GraphSubject
from losskit.conformance.laws.base import Law
from losskit.conformance.laws.place import AtPlace, Least
from losskit.conformance.search.domains import project
from losskit.conformance.subject import Data, Subject
from losskit.export.axes import Sizes
from losskit.export.data import HUGE, Kind, draw
from losskit.spec.errors import InputError

DATA: tuple[Kind, ...] = ("ordinary", "ties", "tiny", "ordinary", "huge")
# nothing follows for a mean, or the other side is a number a sample, or a mean of many hides that one misses its minimum
OF_EACH_SAMPLE = frozenset({"MinimisedAt", "QuasiConvex", "UpperBounds"})


def as_read_by(law: Law, graph: GraphSubject) -> GraphSubject:
    """The graph for a law that has its own way with inputs; the graph itself for all others."""
    return graph.fitting() if isinstance(law, AtPlace) or _of_each_sample(law, graph) else graph


def batches_for(law: Law, graph: GraphSubject, rng: random.Random, count: int, refusals: set[str]) -> Iterator[Data]:
    """Batches that module and law take, of sizes in the claim's regime.

    A claim of each sample is asked of batches of one. A place is computed in float64, and what its inputs lose when they
    are rounded is part of the noise of what the graph answers there.

    Args:
        law: what is asked.
        graph: of what.
        rng: source of all randomness.
        count: how many batches to try.
        refusals: what the law says of those that it does not speak of is added.
    """
    module = Subject(graph.spec, graph.parameters, dtype=torch.float32)
    sizes = list(_sizes(law, graph))
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
        reason = law.applies(graph, data)
        if reason:
            refusals.add(reason)
            continue
        prepared = law.prepare(graph, _read(law, graph, data), rng)
        if isinstance(law, Least) and turn % 2:
            prepared = _below(law, graph, prepared, rng)
        yield project(graph, prepared, law.ends)


def _below(law: Least, graph: GraphSubject, data: Data, rng: random.Random) -> Data:
    """A step down from the place by the graph's own slope: a minimum that is none shows there first."""
    there = law.placed(graph, data)
    step = 10 ** rng.uniform(-1, 1)
    return {
        **data,
        **{name: there[name] - step * slope for name, slope in graph.gradients(there, law.subjects).items()},
    }


def _of_each_sample(law: Law, graph: GraphSubject) -> bool:
    module = Subject(
        graph.spec, graph.parameters
    )  # the graph takes a batch for a case; the module knows whether it is one
    return law.claimed.kind in OF_EACH_SAMPLE and not module.coupled


def _sizes(law: Law, graph: GraphSubject) -> Iterator[Sizes]:
    axes, when = graph.axes, law.claim.when
    alone = dict.fromkeys(_sample_axes(graph), 1) if _of_each_sample(law, graph) else {}
    for base in (*axes.fresh().values(), axes.traced):
        at, possible = {**base, **alone}, set(alone) <= set(axes.dynamic)
        for name, condition in when.items():
            if name not in at or at[name] in condition:
                continue
            fitting = [n for n in range(2, 12) if n in condition] if name in axes.dynamic and name not in alone else []
            possible = possible and bool(fitting)
            at[name] = fitting[0] if fitting else at[name]
        if possible:
            yield at


def _sample_axes(graph: GraphSubject) -> list[str]:
    """Axes along which samples stand: those of the unreduced value."""
    stems = [symbol.removeprefix("*") for symbol in graph.spec.output if symbol.startswith("*")]
    several = [name for name in graph.axes.names if name.rpartition("_")[0] in stems]
    return [*several, *(name for name in graph.axes.names if name in graph.spec.output)]


def _read(law: Law, graph: GraphSubject, data: Data) -> Data:
    """The inputs as the law takes them."""
    if isinstance(law, AtPlace):
        return {name: value.double() if value.is_floating_point() else value for name, value in data.items()}
    if not _of_each_sample(law, graph):
        return data
    # of an element of any shape one axis is left, along which a law counts cases
    anywhere = [entry.name for entry in graph.axes.inputs if len(entry.shape) == 1 and entry.shape[0].startswith("*")]
    return {name: value.reshape(-1) if name in anywhere else value for name, value in data.items()}
