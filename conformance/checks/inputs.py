"""Bad inputs: each must be refused by an error that names the input."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch

from losskit.conformance.checks.base import Comparison, declared
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability


def spoilt(subject: Subject, data: Data) -> Iterator[tuple[str, str, Data]]:
    """Data made wrong in one way: the input to be named, what was done, and the data."""
    for entry in subject.spec.inputs:
        value = data.get(entry.name)
        if value is None:
            continue
        yield entry.name, "is no tensor", {**data, entry.name: "text"}
        wrong = value.double() if entry.dtype == "int64" else torch.zeros_like(value, dtype=torch.int64)
        yield entry.name, f"has the dtype {wrong.dtype}", {**data, entry.name: wrong}
        if not any(s.startswith("*") for s in entry.shape):
            yield entry.name, "has an axis too many", {**data, entry.name: value.unsqueeze(0)}
            if value.dim() > 1:
                yield entry.name, "has an axis too few", {**data, entry.name: value[0]}
        yield from _wrong_values(subject, entry, value, data)
    yield from _wrong_sizes(subject, data)


def _wrong_values(subject: Subject, entry: Input, value: torch.Tensor, data: Data) -> Iterator[tuple[str, str, Data]]:
    if not value.numel():
        return
    domain = entry.domain
    bad: list[float] = []
    if isinstance(domain, ClassIndex) and domain.of is not None:
        ignored = subject.parameters.get(domain.ignore) if domain.ignore else None
        bad = [n for n in (10_000, -7, -1, _classes(subject, domain, data)) if n != ignored]
    elif isinstance(domain, Binary):
        bad = [2.0, 0.5, float("nan")]
    elif isinstance(domain, Probability):
        bad = [1.5, -0.25, float("nan")]
    elif isinstance(domain, Distribution):
        bad = [(float(value.reshape(-1)[-1]) + 0.5) % 1, 1.5, -0.25, float("nan")]  # the first spoils the sum alone
    for number in bad:
        spoiled = value.clone()
        spoiled.view(-1)[-1] = number
        yield entry.name, f"holds {number}", {**data, entry.name: spoiled}


def _classes(subject: Subject, domain: ClassIndex, data: Data) -> int:
    """The number of classes, the first id that is none."""
    scores = next(i for i in subject.spec.inputs if domain.of in i.shape and data.get(i.name) is not None)
    size: int = data[scores.name].shape[scores.shape.index(str(domain.of))]
    return domain.classes(size)


def _wrong_sizes(subject: Subject, data: Data) -> Iterator[tuple[str, str, Data]]:
    seen: set[str] = set()
    for entry in subject.spec.inputs:
        if data.get(entry.name) is None:
            continue
        shared = [s for s in entry.shape if s in seen]
        seen.update(entry.shape)
        for symbol in shared:
            place = entry.shape.index(symbol)
            longer = torch.cat([data[entry.name], data[entry.name].narrow(place, 0, 1)], dim=place)
            yield entry.name, f"disagrees in {symbol}", {**data, entry.name: longer}


def shortcoming(error: Exception, name: str) -> str:
    """What a refusal lacks, in words; empty for a ValueError or TypeError that says what was expected of what and found.

    Args:
        error: the refusal.
        name: the input or parameter that was wrong.
    """
    said = str(error)
    if not isinstance(error, ValueError | TypeError):
        return f"refused by {type(error).__name__} instead of ValueError or TypeError: {said}"
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said):
        return f"the refusal does not name it: {said}"
    if not re.search(r"\b(must|expected)\b", said):
        return f"the refusal does not say what was expected: {said}"
    return "" if re.search(r"\bfound\b", said) else f"the refusal does not say what was found: {said}"


def rejects_bad_input(claim: Claim, search: Search) -> Result:
    """Expect a ValueError or TypeError that names the input, what was expected and what was found."""
    comparison = Comparison(claim, search)
    own = search.spec.adapter is not None  # a foreign loss refuses in words and kinds of its own
    for number, (subject, sizes) in enumerate(declared(claim, search, comparison)):
        data = draw(subject, sizes, 3, search.rng("bad", number, sorted(sizes.items())), MODERATE)
        for name, what, bad in spoilt(subject, data):
            try:
                subject.module()(*(bad.get(i.name) for i in subject.spec.inputs))
            except Exception as error:
                amiss = "" if own else shortcoming(error, name)
                comparison.expect(not amiss, f"{name} {what}; {amiss}", subject, data)
            else:
                comparison.refuse(f"{name} {what} and is accepted", subject, bad)
    return comparison.result()
