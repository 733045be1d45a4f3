"""What exported graphs do with inputs that the module refuses."""

from __future__ import annotations

from typing import Literal

from losskit.spec.model import Frozen
from losskit.spec.regimes import When

Wrong = Literal[
    "class id C or more",
    "class id -C to -1",
    "class id below -C",
    "not 0 or 1",
    "outside the domain",
    "not a number",
    "an axis too long",
    "an axis too short",
    "an axis of size 1",
    "an axis too many",
    "an axis too few",
    "wrong dtype",
]
CLASS_IDS: tuple[Wrong, ...] = ("class id C or more", "class id -C to -1", "class id below -C")


class Accepted(Frozen):
    """A wrong input that the module refuses and the exported graph answers, in ONNX Runtime on the CPU.

    Attributes:
        input: its name.
        wrong: what is wrong with it.
        answer: what the value then is: a ``number``, or ``nan``.
        meaning: what the number is, in words.
        when: parameters for which it is so.
    """

    input: str
    wrong: Wrong
    answer: Literal["number", "nan"] = "number"
    meaning: str
    when: When = {}

    def __str__(self) -> str:
        return f"{self.input}, {self.wrong}: {self.meaning}"
