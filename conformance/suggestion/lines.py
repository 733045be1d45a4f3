"""Claims as Python that builds them: lines for ``claims=(...)`` and the imports they need."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losskit.spec import Claim
from losskit.spec.expressions import INFIX, Expression
from losskit.spec.regimes import Condition, Interval, OneOf

HOMES = ("losskit.spec", "losskit.spec.expressions", "losskit.spec.properties")
WIDTH = 110
RANKS = {"add": 1, "sub": 1, "neg": 1, "mul": 2, "div": 2, "matmul": 2, "pow": 3}  # how tightly operations bind
TIGHTEST = 4


def lines_of(claims: Sequence[Claim]) -> str:
    """Imports, an empty line, and each claim on a line of its own with a comma; empty without claims."""
    writer = _Writer()
    body = [writer.claim(claim) for claim in claims]
    return "\n".join([*writer.imports(), "", *body]) if body else ""


class _Writer:
    """Writes claims and remembers what has to be imported."""

    def __init__(self) -> None:
        self._used: dict[str, set[str]] = {home: set() for home in HOMES}

    def imports(self) -> list[str]:
        """Import statements, a line a module."""
        return [f"from {home} import {', '.join(sorted(used))}" for home, used in self._used.items() if used]

    def claim(self, claim: Claim) -> str:
        """One claim, broken after the opening bracket where it is long."""
        kind = self._take("losskit.spec.properties", claim.property.kind)
        given = ", ".join(f"{k}={self.value(v)}" for k, v in claim.property.arguments().items())
        words = [f"when={self._regime(claim.when)}"] if claim.when else []
        words += [f"{name}={_text(text)}" for name, text in (("source", claim.source), ("note", claim.note)) if text]
        whole = f"{kind}({given}).{claim.verdict}({', '.join(words)}),"
        if len(whole) <= WIDTH:
            return whole
        return "\n".join([f"{kind}({given}).{claim.verdict}(", *(f"    {word}," for word in words), "),"])

    def value(self, value: Any) -> str:
        """Any argument of a property."""
        if isinstance(value, Expression):
            return self._expression(value)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{_text(k)}: {self.value(v)}" for k, v in value.items()) + "}"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.value, value))}{',' if len(value) == 1 else ''})"
        return _text(value) if isinstance(value, str) else _number(value)

    def _take(self, home: str, name: str) -> str:
        self._used[home].add(name)
        return name

    def _expression(self, given: Expression) -> str:
        if given.op in INFIX:
            left, right = given.args
            rank, leftwards = RANKS[given.op], given.op != "pow"
            words = self._operand(left, rank + (not leftwards)), self._operand(right, rank + leftwards)
            return f" {INFIX[given.op]} ".join(words)
        if given.op == "neg":
            return f"-{self._operand(given.args[0], RANKS['pow'])}"
        parts = [self._whole(part) for part in given.args]
        if given.op == "one_hot" and parts[-1] == "-1":
            parts.pop()
        return f"{self._take('losskit.spec.expressions', given.op)}({', '.join(parts)})"

    def _operand(self, part: Expression | float | str, least: int) -> str:
        """An operand, in brackets where it binds less than ``least``."""
        negative = not isinstance(part, Expression | str) and part < 0
        rank = RANKS.get(part.op, TIGHTEST) if isinstance(part, Expression) else 0 if negative else TIGHTEST
        return f"({self._whole(part)})" if rank < least else self._whole(part)

    def _whole(self, part: Expression | float | str) -> str:
        """A part of an expression; expressions turn whole numbers into floats themselves."""
        whole = isinstance(part, float) and part.is_integer()
        return str(int(part)) if whole else self.value(part)  # type: ignore[arg-type]

    def _regime(self, when: Mapping[str, Condition]) -> str:
        return "{" + ", ".join(f"{_text(name)}: {self._condition(given)}" for name, given in when.items()) + "}"

    def _condition(self, given: Condition) -> str:
        if isinstance(given, OneOf):
            values = [self.value(value) for value in given.values]
            return values[0] if len(values) == 1 else "{" + ", ".join(values) + "}"
        return self._interval(given)

    def _interval(self, given: Interval) -> str:
        short = {
            (True, "left"): ("AtLeast", (given.low,)),
            (True, "neither"): ("Above", (given.low,)),
        }.get((given.high == math.inf and given.low > -math.inf, given.closed))
        if short is None and given.low == -math.inf and given.closed == "neither":
            short = ("Below", (given.high,))
        if short is not None:
            return f"{self._take('losskit.spec', short[0])}({_joined(short[1])})"
        name = self._take("losskit.spec", "Between")
        closed = "" if given.closed == "both" else f", {_text(given.closed)}"
        return f"{name}({_joined((given.low, given.high))}{closed})"


def _joined(numbers: Iterable[float]) -> str:
    return ", ".join(map(_number, numbers))


def _number(value: Any) -> str:
    infinite = isinstance(value, float) and math.isinf(value)
    return f'float("{value}")' if infinite else repr(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
