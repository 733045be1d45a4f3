"""A counterexample as people can use it: numbers, a command, and a short program that shows it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law
from losskit.conformance.report import Witness
from losskit.conformance.subject import Data, Subject

LONGEST = 64  # entries of a tensor that a program spells out


def describe(law: Law, command: str, subject: Subject, data: Data) -> Witness:
    """The witness for a case that breaks a law."""
    sides = law.sides(subject, data)
    worst = int(sides.ratio().argmax())
    left, right = float(sides.left.detach()[worst]), float(sides.right.detach()[worst])
    shown = {name: _plain(value) for name, value in data.items() if value is not None}
    return Witness(
        parameters={k: _plain(v) for k, v in subject.parameters.items()},
        inputs=shown,
        left=_finite(left),
        right=_finite(right),
        detail=law.detail,
        command=f"{command} --only {law.claimed.kind}".strip(),
        code=program(law, subject, data),
    )


def program(law: Law, subject: Subject, data: Data) -> str:
    """Python with literals that prints both sides of the law, without searching."""
    changed = {k: v for k, v in subject.parameters.items() if v != _default(subject, k)}
    lines = [
        "import torch",
        "from losskit.conformance import replay",
        "",
        "print(replay(",
        f"    {(subject.spec.place or subject.spec.name)!r},",
        f"    {str(law.claim)!r},",
        f"    law={type(law).__name__!r},",
        f"    parameters={_literal(changed)},",
        *(["    graph=True,"] if subject.graph else []),
    ]
    for name, value in data.items():
        if torch.is_tensor(value):
            lines.append(f"    {name}=torch.tensor({_literal(value.tolist())}, dtype={value.dtype}),")
        elif value is not None:
            lines.append(f"    {name}={_literal(value)},")
    return "\n".join([*lines, "))"])


def _default(subject: Subject, name: str) -> Any:
    parameter = subject.spec.parameters.get(name)
    return None if parameter is None else parameter.default


def _literal(value: Any) -> str:
    text = repr(value)
    for word in ("inf", "nan"):
        text = text.replace(word, f"float('{word}')") if not isinstance(value, str) else text
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().cpu().tolist()
    return list(value) if isinstance(value, tuple) else value


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.copysign(1e308, value) if not math.isnan(value) else math.nan
