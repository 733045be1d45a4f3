"""Bad inputs: each must be refused by an error that names the input."""

from __future__ import annotations

import re
from dataclasses import replace

from losskit.conformance.checks.base import Comparison, declared
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.search.wrong import excluded_inputs
from losskit.spec import Claim


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
    """Expect a ValueError or TypeError that names the input, what was expected and what was found.

    Asked on the CPU wherever the search is: an accelerator's values are not read, and an id that no class has breaks off
    everything there.
    """
    comparison = Comparison(claim, search)
    own = search.spec.adapter is not None  # a foreign loss refuses in words and kinds of its own
    for number, (subject, sizes) in enumerate(declared(claim, replace(search, device="cpu"), comparison)):
        data = draw(subject, sizes, 3, search.rng("bad", number, sorted(sizes.items())), MODERATE)
        for bad in excluded_inputs(subject, data):
            try:
                subject.module()(*(bad.data.get(i.name) for i in subject.spec.inputs))
            except Exception as error:
                amiss = "" if own else shortcoming(error, bad.name)
                comparison.expect(not amiss, f"{bad.name} {bad.what}; {amiss}", subject, bad.data)
            else:
                comparison.refuse(f"{bad.name} {bad.what} and is accepted", subject, bad.data)
    return comparison.result()
