"""Short names of claims, as tests and command lines use them: ``ShiftInvariant-logits-C-holds``."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losskit.spec import Claim
from losskit.spec.expressions import Expression
from losskit.spec.regimes import Interval, OneOf

_UNFIT = re.compile(r"[^\w.+-]+")  # the rest stands in an expression of pytest's -k and in a shell as it is


def claim_ids(claims: Sequence[Claim]) -> list[str]:
    """A name for each claim, unique among them.

    A name is made of the claim alone, so that it stays when other claims come and go: kind, arguments, verdict,
    regime. Claims that differ in formulas or in closed and open ends only are told apart by a digest.
    """
    short = [_short(claim) for claim in claims]
    times = Counter(short)
    return [name if times[name] == 1 else f"{name}-{_digest(claim)}" for name, claim in zip(short, claims, strict=True)]


def _short(claim: Claim) -> str:
    arguments = (word for name, value in claim.property.arguments().items() for word in _words(name, value))
    regime = (f"{name}-{_condition(given)}" for name, given in claim.when.items())
    return "-".join(
        _UNFIT.sub("_", word).strip("_") for word in (claim.property.kind, *arguments, claim.verdict, *regime)
    )


def _words(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool | int | float):
        yield f"{name}-{value:g}" if isinstance(value, float) else f"{name}-{value}"
    elif isinstance(value, tuple | list):
        yield "+".join(map(str, value))
    elif not isinstance(value, Expression | Mapping):  # a formula is not short
        yield str(value)


def _condition(given: Interval | OneOf) -> str:
    if isinstance(given, OneOf):
        return "_".join(f"{v:g}" if isinstance(v, float) else str(v) for v in given.values)
    if math.isinf(given.high):
        return f"{given.low:g}+"
    return f"..{given.high:g}" if math.isinf(given.low) else f"{given.low:g}..{given.high:g}"


def _digest(claim: Claim) -> str:
    return hashlib.sha256(str(claim).encode()).hexdigest()[:6]
