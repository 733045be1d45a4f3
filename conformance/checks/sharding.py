"""A batch split over real processes of a ``torch.distributed`` group against the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves
from losskit.conformance.outcome import Result
from losskit.conformance.ranks import Answer, LossOnRankError, Ranks, RanksError, shared_ranks
from losskit.conformance.search.inputs import MILD, NoAdmissibleDataError, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import ShardsAcross

ROWS = 7
EXACT = 1e-12
# where the batch is cut, as fractions; 0 and 1 make the first and the last part empty
CUTS = {2: ((0.5,), (0.2,), (0.0,)), 3: ((0.4, 0.7), (0.2, 0.5), (0.3, 1.0))}


def shards_across(claim: Claim, search: Search) -> Result:
    """Give the processes parts of batches at every setting."""
    assert isinstance(claim.property, ShardsAcross)
    comparison = Comparison(claim, search)
    if not search.budget.ranks:
        comparison.remarks.append("starting processes takes seconds: checked from the standard profile on")
    elif not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        comparison.remarks.append("this build of torch has no gloo")
    if comparison.remarks:
        return comparison.result()
    try:
        _compare_all(comparison, shared_ranks(claim.property.ranks))
    except RanksError as error:
        if comparison.witness is None:  # a difference that was seen before stays one
            return Result("error", comparison.cases, reason=str(error))
    return comparison.result()


def _compare_all(comparison: Comparison, ranks: Ranks) -> None:
    """Batches at every setting over two ranks, three, and so on, until the loss fails on one."""
    claim, search = comparison.claim, comparison.search
    for turn, (subject, sizes) in enumerate(declared(claim, search, comparison)):
        host = Subject(subject.spec, subject.parameters)
        try:
            data = draw(host, sizes, ROWS, search.rng("shards", sorted(sizes.items())), MILD)
        except NoAdmissibleDataError as refusal:
            comparison.remarks.append(str(refusal))
            continue
        for count in range(2, ranks.count + 1):
            if not _compare(comparison, ranks, host, data, count, turn):
                return


def _compare(comparison: Comparison, ranks: Ranks, subject: Subject, data: Data, count: int, turn: int) -> bool:
    """One batch over ``count`` ranks; whether the loss gave an answer on every rank."""
    reduction = ("mean", "sum")[turn % 2]
    cuts = CUTS.get(count, (tuple(n / count for n in range(1, count)),))
    data = _weighted(subject, data) if turn % 3 == 2 else data
    parts = split(subject, data, cuts[turn % len(cuts)])
    try:
        answers = ranks.evaluate(subject.spec, given(subject), reduction, parts)
    except LossOnRankError as error:
        comparison.refuse(str(error), subject, data)
        return False
    compare_with_whole(comparison, subject, data, reduction, answers)
    return True


def given(subject: Subject) -> dict[str, object]:
    """Parameters as a constructor takes them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in subject.parameters.items()}


def _weighted(subject: Subject, data: Data) -> Data:
    """The data with weights, one of them 0, where the loss takes one for each row."""
    if subject.spec.weights is None or subject.narrowing("Weighted") is not None:
        return data
    shape = subject.module().weight_shape({entry.name: data.get(entry.name) for entry in subject.spec.inputs})
    weight = torch.arange(shape[0], dtype=subject.dtype) % 3
    return {**data, "sample_weight": weight} if len(shape) == 1 else data


def split(subject: Subject, data: Data, cuts: Sequence[float]) -> list[Data]:
    """The parts of a batch, in the order of ranks; what has no batch axis goes to every rank."""
    first = next(entry for entry in subject.spec.inputs if _axis(subject, entry.name) is not None)
    axis = _axis(subject, first.name)
    assert axis is not None
    rows = data[first.name].shape[axis]
    ends = [0, *(round(cut * rows) for cut in cuts), rows]
    return [
        {name: _rows(value, _axis(subject, name), begin, end) for name, value in data.items()}
        for begin, end in pairwise(ends)
    ]


def _axis(subject: Subject, name: str) -> int | None:
    """The batch axis of an input; None where it has none."""
    if name == "sample_weight":
        return 0
    shape, symbol = subject.input(name).shape, batch_symbol(subject.spec)
    return shape.index(symbol) if symbol in shape else None


def _rows(value: Tensor, axis: int | None, begin: int, end: int) -> Tensor:
    return value if axis is None else value.narrow(axis, begin, end - begin).clone()


def compare_with_whole(
    comparison: Comparison, subject: Subject, data: Data, reduction: str, answers: Sequence[Answer]
) -> None:
    """Every rank's value, and the gradients averaged over ranks, against those of the whole batch in one process."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held = leaves(data, names)
    value = subject.call(held, reduction, held.get("sample_weight"))
    slopes = gradients_of(value, held, names)
    for rank, answer in enumerate(answers):
        allowed = EXACT * value.detach().abs().clamp(min=1.0)
        what = f"{reduction} on rank {rank} of {len(answers)}, and of the whole batch"
        comparison.compare(what, answer.value, value, allowed, subject, data)
    for name in names:
        axis = _axis(subject, name)
        parts = [answer.gradients[name] for answer in answers]
        found = torch.stack(parts).mean(0) if axis is None else torch.cat(parts, dim=axis) / len(parts)
        allowed = EXACT * (1 + slopes[name].abs().amax()) if slopes[name].numel() else torch.tensor(EXACT)
        what = f"gradient of {name} averaged over {len(answers)} ranks, and of the whole batch"
        comparison.compare(what, found, slopes[name], allowed, subject, data)
