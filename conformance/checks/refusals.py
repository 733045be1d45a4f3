"""Refusals of data that lie in the declared domain: those that the spec shows, and those that it is silent about."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field

import torch

from losskit.conformance.checks.base import Comparison
from losskit.conformance.checks.worked import example_inputs, examples_of
from losskit.conformance.outcome import Settled
from losskit.conformance.search.inputs import NoAdmissibleDataError, draw
from losskit.conformance.search.membership import belongs
from losskit.conformance.search.scope import Sizes
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.errors import InputError, InputTypeError

ROWS = 6
OUTSIDE = "they lie outside the domain"


@dataclass
class Refusals:
    """What a check was refused, of data that it took for admissible.

    A domain speaks of one input at a time. What a loss asks of several entries together, vectors that are not all zero, it
    shows as an example that is refused; every other refusal in the domain refutes the check.

    Attributes:
        comparison: of the check.
        excused: how many inputs were refused as the spec shows, by what was expected of them.
    """

    comparison: Comparison
    excused: Counter[str] = field(default_factory=Counter)

    def drawn(self, subject: Subject, sizes: Sizes, rng: random.Random, scales: tuple[float, ...]) -> Data:
        """A few rows that the loss takes; what it refused before it took some is counted.

        Raises:
            Settled: it takes none, and refuses data of its domain.
            NoAdmissibleDataError: it takes none, and what it refuses is shown or lies outside.
        """
        try:
            return draw(subject, sizes, ROWS, rng, scales, told=lambda error, data: self.add(error, subject, data))
        except NoAdmissibleDataError:
            if self.comparison.witness is not None:
                raise Settled(self.comparison.result()) from None
            raise

    def add(self, error: InputError, subject: Subject, data: Data) -> None:
        """Count a refusal, or refute the check with it."""
        if not belongs(subject, data):
            self.excused[OUTSIDE] += 1
        elif _form(error) in shown(subject.spec):
            self.excused[_expected(error)] += 1
        else:
            self.comparison.expect(False, f"data of the declared domain are refused: {error}", subject, data)

    def remark(self) -> None:
        """Tell what was excused."""
        for expected, count in self.excused.items():
            self.comparison.remarks.append(f"left out {count} inputs that are refused: {expected}")


def shown(spec: LossSpec) -> frozenset[str]:
    """What the spec, or a part of a composite, shows to be refused although it lies in the domain; numbers left out."""
    found = set().union(*(shown(part.loss) for part in spec.parts))
    for example in examples_of(spec):
        if not example.refused:
            continue
        data = example_inputs(spec, example, torch.float64, "cpu")
        try:
            subject = Subject(spec, example.parameters)
            subject.call(data, example.reduction, data.get("sample_weight"))
        except InputTypeError:
            continue
        except InputError as error:
            if belongs(subject, data):
                found.add(_form(error))
    return frozenset(found)


def refusal(subject: Subject, data: Data) -> InputError | None:
    """What the loss says to such data on the CPU, where it reads their values, wherever the subject is."""
    there = Subject(subject.spec, subject.parameters, "cpu", subject.dtype)
    try:
        with torch.no_grad():
            there.call({name: value.cpu() if torch.is_tensor(value) else value for name, value in data.items()})
    except InputError as error:
        return error
    return None


def _expected(error: InputError) -> str:
    """What a refusal names and expects, without the loss and what was found."""
    return str(error).partition(": ")[2].partition(", found")[0]


def _form(error: InputError) -> str:
    return re.sub(r"\d[\d.e+-]*", "#", _expected(error))
