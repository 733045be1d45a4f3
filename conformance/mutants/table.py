"""A run over mutants as text."""

from __future__ import annotations

from collections.abc import Iterator

from losskit.conformance.mutants.model import Attempt, Control, Fate, Run

WORDS: dict[Fate, str] = {"killed": "killed", "elsewhere": "killed by another check", "survived": "survived"}
FATES: tuple[Fate, ...] = ("killed", "elsewhere", "survived")


def line(result: Attempt | Control) -> str:
    """One mutant or one control in a line."""
    if isinstance(result, Control):
        verdict = f"HIT: {'; '.join(result.fell)}" if result.fell else "stands"
        return f"{result.loss} as it is, {result.kind}: {verdict} ({result.seconds:.1f} s)"
    words = f"{result.mutant}: {WORDS[result.fate]}, {result.caught_by}"
    if result.fate == "elsewhere":
        words += f" held, {result.killer} fell"
    if result.fate == "survived" and result.detail:
        words += f", {result.detail}"
    return f"{words} ({result.seconds:.1f} s)"


def render(run: Run) -> str:
    """The table: a line a mutant, the controls that fell, the summary."""
    return "\n".join([*_rows(run), *_hits(run), "", *_summary(run)])


def _rows(run: Run) -> Iterator[str]:
    width = max((len(a.mutant) for a in run.attempts), default=6)
    kinds = max((len(a.caught_by) for a in run.attempts), default=6)
    yield f"{'mutant':{width}}  {'caught by':{kinds}}  seconds  fate"
    for tried in run.attempts:
        fate = WORDS[tried.fate] + (f": {tried.killer}" if tried.fate == "elsewhere" else "")
        yield f"{tried.mutant:{width}}  {tried.caught_by:{kinds}}  {tried.seconds:7.1f}  {fate}"


def _hits(run: Run) -> Iterator[str]:
    for control in run.controls:
        if control.fell:
            yield line(control)


def _summary(run: Run) -> Iterator[str]:
    if not run.attempts:
        yield "no mutant ran"
        return
    counts = ", ".join(f"{run.count(fate)} {WORDS[fate]}" for fate in FATES)
    losses = len({a.loss for a in run.attempts})
    yield f"{len(run.attempts)} mutants of {losses} losses: {counts}; kill rate {run.rate:.1%}"
    if run.missed:
        yield f"missed by the check that must catch it: {', '.join(f'{a.mutant} ({a.caught_by})' for a in run.missed)}"
    if run.equivalent:
        yield f"{run.equivalent} more are known to change nothing and were left out"
    if run.stands_for > len(run.attempts):
        yield f"a sample of {run.stands_for:.0f} mutants, which the kill rate stands for"
    hit = sum(bool(control.fell) for control in run.controls)
    if run.controls:
        yield f"{len(run.controls)} of these checks on the unmutated losses: {hit} hit"
    yield f"{run.seconds:.0f} s, profile {run.profile}, seed {run.seed}"
