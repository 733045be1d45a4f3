"""Inputs of a loss: names, shapes by symbol, dtypes and the domain each is drawn from and checked against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from losskit.spec.model import Frozen
from losskit.spec.regimes import Interval, When, describe_regime

Role = Literal["prediction", "target", "reference", "parameter"]


class Restricted(Frozen):
    """The interval that numbers lie in where the parameters satisfy ``when``."""

    when: When
    interval: Interval


class Real(Frozen):
    """Any real number within ``interval``; not-a-number and infinities pass through to their own row.

    ``span`` names two parameters that typical values lie between (the ends of a support). With ``falling`` no entry is
    above the one before it along the last axis. With ``restricted`` the interval is another at some parameters.
    """

    kind: Literal["real"] = "real"
    interval: Interval = Interval()
    span: tuple[str, str] | None = None
    falling: bool = False
    restricted: Restricted | None = None

    def at(self, parameters: Mapping[str, Any]) -> Interval:
        """The interval at these parameters."""
        if self.restricted is None or any(parameters[k] not in c for k, c in self.restricted.when.items()):
            return self.interval
        return self.restricted.interval

    def __str__(self) -> str:
        whole = self.interval == Interval()
        words = "real" if whole else f"real in {self.interval}"
        if self.restricted is not None:
            words += f", in {self.restricted.interval} when {describe_regime(self.restricted.when)}"
        return words + (", not increasing along the last axis" if self.falling else "")


class ClassIndex(Frozen):
    """A class id in 0..C-1.

    Attributes:
        of: the shape symbol whose size is the number of classes; None where ids are only compared with each other.
        ignore: the parameter that holds the id of rows to leave out, if the loss has one.
        binary_when_one: a single channel stands for two classes, 0 and 1.
        thresholds: the axis holds the thresholds between neighbouring classes, of which there is one more.
        every: no class is without a row.
    """

    kind: Literal["class_index"] = "class_index"
    of: str | None = None
    ignore: str | None = None
    binary_when_one: bool = False
    thresholds: bool = False
    every: bool = False

    def classes(self, size: int) -> int:
        """Number of classes where the axis has ``size`` entries."""
        return 2 if self.binary_when_one and size == 1 else size + int(self.thresholds)

    def __str__(self) -> str:
        last = self.of if self.thresholds else f"{self.of}-1"
        words = "class id" if self.of is None else f"class id in 0..{last}"
        words += f" (0 or 1 where {self.of} = 1)" if self.binary_when_one else ""
        words += ", each at least once" if self.every else ""
        return words + (f" or {self.ignore}" if self.ignore else "")


class Binary(Frozen):
    """Exactly 0 or 1."""

    kind: Literal["binary"] = "binary"

    def __str__(self) -> str:
        return "0 or 1"


class Probability(Frozen):
    """A number in [0, 1]."""

    kind: Literal["probability"] = "probability"

    def __str__(self) -> str:
        return "probability in [0, 1]"


class Distribution(Frozen):
    """Numbers in [0, 1] that sum to 1 along the last axis."""

    kind: Literal["distribution"] = "distribution"

    def __str__(self) -> str:
        return "probabilities that sum to 1 along the last axis"


Domain = Annotated[Real | ClassIndex | Binary | Probability | Distribution, Field(discriminator="kind")]


class Input(Frozen):
    """One tensor argument.

    Attributes:
        name: the argument's name in ``forward`` and in exported graphs.
        shape: shape symbols; one that begins with ``*`` stands for any number of axes, ``B`` is the batch.
        dtype: ``float`` (float16, bfloat16, float32 or float64) or ``int64``.
        domain: admissible values.
        role: what it is to the loss.
        differentiable: whether a gradient flows to it.
        optional: whether it may be left out.
        drawn: whether the loss draws it at random where it is left out, so that no two calls agree without it.
        meaning: one line for people.
    """

    name: str
    shape: tuple[str, ...]
    dtype: Literal["float", "int64"] = "float"
    domain: Domain = Real()
    role: Role = "prediction"
    differentiable: bool = True
    optional: bool = False
    drawn: bool = False
    meaning: str = ""

    def describe_shape(self) -> str:
        """The shape as people write it: ``(B, C)``."""
        return "(" + ", ".join(self.shape) + ("," if len(self.shape) == 1 else "") + ")"

    @property
    def bears_names(self) -> bool:
        """Whether it holds labels that are only compared with each other, so that they may be any integers."""
        return self.role == "target" and isinstance(self.domain, ClassIndex) and self.domain.of is None


def logits(*shape: str, meaning: str = "one score per class") -> Input:
    """Unnormalised real scores, named ``logits``."""
    return Input(name="logits", shape=shape, meaning=meaning)


def class_target(*shape: str, classes: str = "C", ignore: str | None = None, binary_when_one: bool = False) -> Input:
    """Class ids, named ``target``; ``classes`` is the axis of the scores they index."""
    domain = ClassIndex(of=classes, ignore=ignore, binary_when_one=binary_when_one)
    meaning = f"class id in 0..{classes}-1" + (f" or {ignore}" if ignore else "")
    return Input(
        name="target", shape=shape, dtype="int64", domain=domain, role="target", differentiable=False, meaning=meaning
    )


def score(*shape: str) -> Input:
    """One unnormalised real score for a decision between two classes, named ``logits``."""
    return logits(*shape, meaning="one real score; positive means class 1")


def binary_target(*shape: str, soft: bool = False) -> Input:
    """Labels of 0 or 1 as floating-point numbers, named ``target``; ``soft`` ones are probabilities of class 1."""
    domain = Probability() if soft else Binary()
    meaning = "probability of class 1; 0 or 1 for a hard label" if soft else "1 for class 1, 0 for the other"
    return Input(name="target", shape=shape, domain=domain, role="target", differentiable=False, meaning=meaning)


def level_target(*shape: str, thresholds: str) -> Input:
    """Ordinal class ids, lowest first, named ``target``; ``thresholds`` is the axis of the thresholds between them."""
    domain = ClassIndex(of=thresholds, thresholds=True)
    meaning = f"ordinal class id, lowest first, in 0..{thresholds}"
    return Input(
        name="target", shape=shape, dtype="int64", domain=domain, role="target", differentiable=False, meaning=meaning
    )


def real(name: str, *shape: str, meaning: str = "", role: Role = "prediction", optional: bool = False) -> Input:
    """A real tensor; a gradient flows to predictions and parameters, not to targets and references."""
    differentiable = role in ("prediction", "parameter")
    return Input(name=name, shape=shape, role=role, differentiable=differentiable, optional=optional, meaning=meaning)


def elements(shape: str = "*N") -> tuple[Input, Input]:
    """Predictions and targets of one shape, named ``input`` and ``target``; a gradient flows to both."""
    target = Input(name="target", shape=(shape,), role="target", meaning="targets, the shape of the input")
    return Input(name="input", shape=(shape,), meaning="predictions"), target
