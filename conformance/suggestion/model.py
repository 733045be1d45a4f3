"""What a search for claims returns: proposals, what nothing is proposed of, and the lines to paste."""

from __future__ import annotations

from typing import Literal

from losskit.conformance.report import Finding
from losskit.conformance.suggestion.lines import lines_of
from losskit.spec import Claim
from losskit.spec.model import Frozen


class Proposal(Frozen):
    """A claim that the harness could not refute, or whose failure it has shown.

    Attributes:
        claim: with a source that begins with ``PROPOSAL``.
        finding: what the search found; a witness where the claim says that something fails.
    """

    claim: Claim
    finding: Finding


class Left(Frozen):
    """A property that nothing is proposed of.

    Attributes:
        claim: what was asked, in words.
        outcome: what came of it, in a word.
        reason: why nothing follows.
    """

    claim: str
    outcome: str
    reason: str


class Suggestions(Frozen):
    """Claims that the spec of a loss does not make and might.

    Attributes:
        schema_version: of this object.
        name: of the loss.
        profile: how much work was done for each question.
        device: where the loss ran.
        seed: of the search.
        asked: claims that were put to the harness.
        cases: tried in all.
        proposals: what might be claimed.
        implied: proposals that follow from another one, which alone needs to be claimed.
        left: what nothing can be said of.
        seconds: time spent in all.
        interrupted: whether the search was cut off, so that much was not asked and wider regimes may stand.
    """

    schema_version: Literal[1] = 1
    name: str
    profile: str
    device: str
    seed: int
    asked: int
    cases: int
    proposals: tuple[Proposal, ...]
    implied: tuple[Left, ...] = ()
    left: tuple[Left, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False

    def lines(self) -> str:
        """Python: the imports that the proposals need, and a line of ``claims=(...)`` for each."""
        return lines_of([proposal.claim for proposal in self.proposals])


class SuggestionInterrupted(KeyboardInterrupt):
    """A search for claims was interrupted; ``found`` holds what had stood until then."""

    def __init__(self, found: Suggestions) -> None:
        super().__init__("the search for claims was interrupted")
        self.found = found
