"""A claim that fell, with a program that shows it.

The programs are complete: a reader pastes one and sees the lines that stand under it. ``examples.foreign.report`` runs
them all and writes the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Label = Literal["defect", "limit", "convention"]


@dataclass(frozen=True)
class Reproduction:
    """A claim that fell.

    Attributes:
        loss: as its users write it.
        claim: the property, in the words of the vocabulary.
        found: what is the case instead.
        label: ``defect``: against the documentation or the mathematics; ``limit``: a tool that fails with an error and
            was never promised; ``convention``: the library's rule, and not losskit's.
        code: a program.
        printed: what it prints with the versions of the report.
    """

    loss: str
    claim: str
    found: str
    label: Label
    code: str
    printed: str
