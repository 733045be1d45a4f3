"""What a mutant is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from losskit.spec import Claim
from losskit.spec.model import Frozen

VERSION: Literal[1] = 1
Fate = Literal["killed", "elsewhere", "survived"]


@dataclass(frozen=True)
class Edit:
    """One passage of a source file and what stands there instead.

    Attributes:
        old: text that occurs in the file exactly once.
        new: its replacement.
        file: ``loss`` or ``spec`` for the loss's own two modules, else a module below ``losskit.plugins``.
    """

    old: str
    new: str
    file: str = "loss"


@dataclass(frozen=True)
class Mutant:
    """A loss or a spec with one slip.

    Attributes:
        name: the loss and the slip.
        loss: the registered loss it is made from.
        caught_by: the kind of property that must refute it.
        story: the slip in one sentence, as it is made in libraries.
        edits: changes of the source, for a wrong loss.
        claim: the one claim the spec makes instead of its own, for a wrong spec.
        unnarrowed: the engineering property that the spec forgets to narrow, for a wrong spec.
    """

    name: str
    loss: str
    caught_by: str
    story: str
    edits: tuple[Edit, ...] = ()
    claim: Claim | None = None
    unnarrowed: str = ""


class Attempt(Frozen):
    """What came of one mutant.

    Attributes:
        mutant: its name.
        loss: the loss it is made from.
        caught_by: the kind that should refute it.
        fate: ``killed`` by that kind, ``elsewhere`` by another one, or ``survived``.
        killer: the claim that fell, with its kind before it where that is another one.
        outcome: the outcome of that claim, ``error`` or ``timeout``.
        detail: what was found.
        seconds: time spent.
        weight: how many mutants it stands for, above 1 in a sample.
    """

    mutant: str
    loss: str
    caught_by: str
    fate: Fate
    killer: str = ""
    outcome: str = ""
    detail: str = ""
    seconds: float = 0.0
    weight: float = 1.0

    @property
    def killer_kind(self) -> str:
        """Kind of the claim that fell, empty for a survivor."""
        return self.killer.partition(" ")[0].partition("(")[0]


class Control(Frozen):
    """The same check on the loss as it is: ``fell`` names claims that do not stand, and none may."""

    loss: str
    kind: str
    fell: tuple[str, ...] = ()
    seconds: float = 0.0


class Run(Frozen):
    """A run over mutants.

    Attributes:
        schema_version: of this model.
        profile: effort of each attack.
        seed: of everything that was drawn.
        attempts: what came of each mutant.
        controls: the same checks on the losses as they are.
        equivalent: mutants left out because they are known to change nothing.
        seconds: time spent.
    """

    schema_version: Literal[1] = VERSION
    profile: str
    seed: int
    attempts: tuple[Attempt, ...]
    controls: tuple[Control, ...] = ()
    equivalent: int = 0
    seconds: float = 0.0

    def count(self, fate: Fate) -> int:
        """How many mutants met this fate."""
        return sum(a.fate == fate for a in self.attempts)

    @property
    def rate(self) -> float:
        """Share of mutants that were killed, in a sample of those it stands for; 0 where there were none."""
        survived = sum(a.weight for a in self.attempts if a.fate == "survived")
        return 1 - survived / self.stands_for if self.attempts else 0.0

    @property
    def missed(self) -> tuple[Attempt, ...]:
        """Mutants that fell, and not to the kind that must catch them: that check is blind to what it is there for."""
        return tuple(a for a in self.attempts if a.fate == "elsewhere")

    @property
    def stands_for(self) -> float:
        """The number of mutants that the attempts were drawn from."""
        return sum(a.weight for a in self.attempts)

    @property
    def exit_code(self) -> int:
        """0 if every mutant fell to the kind that must catch it, there was one, and no unmutated loss was hit; else 1."""
        return int(self.rate < 1 or bool(self.missed) or any(control.fell for control in self.controls))
