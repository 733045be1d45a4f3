"""What checks of decision-theoretic properties share: settings, verdicts and witnesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps

from torch import Tensor

from losskit.conformance.decision.risk import Risk
from losskit.conformance.outcome import Result
from losskit.conformance.report import Witness
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Subject
from losskit.spec import Claim


@dataclass
class Task:
    """One setting and number of classes at which a claim is tried.

    Attributes:
        claim: what the spec says.
        search: budget, seed and device.
        risk: conditional risks of the loss at the setting, in units of its own scale.
        classes: their number.
        seed: of everything drawn for it.
    """

    claim: Claim
    search: Search
    risk: Risk
    classes: int
    seed: int


@dataclass
class Seen:
    """What was seen at one setting.

    Attributes:
        cases: problems solved.
        figure: what was measured, the smaller the closer to a counterexample.
        reason: the figure in words.
        witness: a counterexample whose certificate leaves no doubt.
        doubt: why nothing can be said, where the certificates do not suffice.
        loose: by how much a bound that must be tight is not.
    """

    cases: int
    figure: float
    reason: str
    witness: Witness | None = None
    doubt: str = ""
    loose: str = ""

    def worse(self, other: Seen | None) -> Seen:
        """Both together."""
        if other is None:
            return self
        worst = min(self, other, key=lambda seen: (seen.witness is None, seen.figure))
        doubt = self.doubt or other.doubt
        loose = self.loose or other.loose
        return Seen(self.cases + other.cases, worst.figure, worst.reason, worst.witness, doubt, loose)


Study = Callable[[Task], Seen | None]  # None where the claim says nothing at this number of classes
Check = Callable[[Claim, Search], Result]


def judged(study: Study) -> Check:
    """Make a study of one setting the check of a claim."""

    @wraps(study)
    def check(claim: Claim, search: Search) -> Result:
        return judge(claim, search, study)

    return check


def judge(claim: Claim, search: Search, study: Study, kind: type[Risk] = Risk) -> Result:
    """Study a claim at every setting: one counterexample refutes it, a claimed failure needs one at each setting.

    Args:
        claim: what the spec says.
        search: budget, seed and device.
        study: of one setting.
        kind: what is minimised.
    """
    seen: dict[int, Seen] = {}
    told: dict[int, str] = {}
    usual = kind.of(Subject(search.spec, {}, search.device))
    if usual is None:
        return Result("not_applicable", reason=kind.missing)

    def tells(sizes: Sizes) -> bool:  # with two classes many a loss is as good as any other
        return 2 < usual.classes(sizes) <= search.budget.classes

    for number, subject, sizes in search.subjects(claim.when, claim.verdict == "fails", tells):
        told[number] = ", ".join(f"{k}={v}" for k, v in subject.parameters.items()) or "the only setting"
        risk = replace(usual, subject=subject)
        classes = risk.classes(sizes)
        shown = number in seen and seen[number].witness is not None
        if shown or not 1 < classes <= search.budget.classes:
            continue
        seed = search.rng("distributions", number, classes).getrandbits(31)
        found = study(Task(claim, search, risk.measured(classes), classes, seed))
        if found is not None:
            seen[number] = found.worse(seen.get(number))
        if claim.verdict == "holds" and found is not None and (found.witness is not None or found.loose):
            return Result("refuted", _cases(seen), None, found.loose or found.reason, found.witness)
    return _verdict(claim, seen, told)


def _cases(seen: dict[int, Seen]) -> int:
    return sum(s.cases for s in seen.values())


def _verdict(claim: Claim, seen: dict[int, Seen], told: dict[int, str]) -> Result:
    cases = _cases(seen)
    unsolved = [setting for number, setting in told.items() if number not in seen]
    if unsolved or not told:
        where = f"at {unsolved[0]}" if unsolved else "as no parameters satisfy the regime"
        return Result("undecided", cases, None, f"nothing was solved {where}: no number of classes that is tried fits")
    if claim.verdict == "holds":
        for number, found in seen.items():
            if found.doubt:
                return Result("undecided", cases, None, f"at {told[number]}: {found.doubt}")
        return Result("held", cases, None, min(seen.values(), key=lambda s: s.figure).reason)
    for number, found in seen.items():
        if found.witness is None:
            outcome = "undecided" if found.doubt else "unconfirmed"
            why = found.doubt or found.reason
            return Result(outcome, cases, None, f"no witness found at {told[number]}; {why}")  # type: ignore[arg-type]
    first = next(iter(seen.values()))
    return Result("confirmed", cases, None, first.reason, first.witness)


def numbers(values: Tensor | Sequence[float], digits: int = 4) -> str:
    """Numbers in brackets."""
    listed = values.tolist() if isinstance(values, Tensor) else values
    return f"({', '.join(f'{x:.{digits}g}' for x in listed)})"


def witness(
    task: Task, p: Tensor, rows: Sequence[tuple[Tensor, float, str]], left: float, right: float, detail: str
) -> Witness:
    """A witness whose program prints the conditional risks of rows.

    Args:
        task: the setting.
        p: the label distribution.
        rows: scores, the risk they should show in units, and what they are.
        left: one side of what is violated, in the loss's own numbers.
        right: the other one.
        detail: what the sides are.
    """
    subject = task.risk.subject
    given = "".join(f", {k}={v!r}" for k, v in subject.parameters.items() if v is not None)
    lines = [
        "import torch, losskit",
        f"loss = losskit.create({subject.spec.name!r}, reduction={task.risk.reduction!r}{given})",
        f"p = torch.tensor({p.tolist()}, dtype=torch.float64)",
    ]
    for row, risk, words in rows:
        scores, expression = task.risk.program(row)
        lines.append(f"{scores}  # {words}")
        lines.append(f"print({expression})  # {risk * task.risk.unit:.15g}")
    return Witness(
        parameters={k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()},
        inputs={"p": p.tolist(), task.risk.scores: [task.risk.given(row) for row, _, _ in rows]},
        left=left,
        right=right,
        detail=detail,
        command=f"{task.search.command} --only {task.claim.property.kind}".strip(),
        code="\n".join(lines),
    )
