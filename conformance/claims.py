"""One claim: attacked by the check or the laws that its property has, and worded as a finding."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

from losskit.conformance.kinds import check_of, laws_of
from losskit.conformance.laws.relation import missing
from losskit.conformance.outcome import Result, Settled
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding
from losskit.conformance.report.model import Margins, Outcome
from losskit.conformance.search.attack import attack
from losskit.conformance.search.scope import Search
from losskit.registry.extensions import left_out
from losskit.spec import Claim, LossSpec, describe_regime
from losskit.spec.properties import KINDS, FirstVariation, ReducesTo

if TYPE_CHECKING:
    from losskit.conformance.laws import Law

WORST_FIRST: tuple[Outcome, ...] = (
    "error",
    "refuted",
    "unconfirmed",
    "undecided",
    "held",
    "confirmed",
    "not_applicable",
)


def claims_of(spec: LossSpec, kinds: Iterable[str] = ()) -> list[Claim]:
    """What a spec claims and what every loss declares, of some kinds or of all."""
    wanted = set(kinds)
    implied = [model() for name, model in KINDS.items() if model.default and name != "Engineering"]
    every = [*(p.holds(source="declared by every loss") for p in implied), *spec.claims]
    return [claim for claim in every if not wanted or claim.property.kind in wanted]


def verify_claim(spec: LossSpec, claim: Claim, profile: str, seed: int, device: str, brief: bool = False) -> Finding:
    """Attack one claim; whatever goes wrong in doing so is this claim's result.

    Args:
        spec: the loss.
        claim: one of its claims.
        profile: effort.
        seed: of everything that is drawn.
        device: where the loss runs.
        brief: whether the first difference ends it, and the witness is not simplified; the verdict is the same.
    """
    command = f"losskit verify {spec.place or spec.name} --profile {profile} --seed {seed}"
    search = Search(spec, PROFILES[profile], seed, device, command, salt=str(claim), brief=brief)
    started = time.perf_counter()
    try:
        result = _attacked(claim, search)
    except Settled as early:
        result = early.result
    except (Exception, SystemExit) as error:  # the harness must survive any loss
        place = traceback.extract_tb(error.__traceback__)[-1]
        first = (str(error).strip().splitlines() or ["no message"])[0]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        result = Result("error", reason=f"{type(error).__name__} at {where}: {first}")
    return Finding(
        claim=str(claim),
        property=claim.property.kind,
        verdict=claim.verdict,
        regime=describe_regime(claim.when),
        source=claim.source,
        outcome=result.outcome,
        cases=result.cases,
        worst=_finite(result.worst),
        margins=result.margins,
        reason=result.reason,
        witness=result.witness,
        seconds=round(time.perf_counter() - started, 3),
    )


def _finite(worst: float | None) -> float | None:
    return None if worst is None else min(worst, 1e308)


def _attacked(claim: Claim, search: Search) -> Result:
    narrowed = search.spec.narrowing(claim.property.kind)
    if narrowed is not None and not narrowed.when and claim.property.default:
        return Result("not_applicable", reason=narrowed.reason)
    if isinstance(claim.property, ReducesTo | FirstVariation):
        reason = missing(claim.property, search.spec)
        if reason:
            return Result("not_applicable", reason=reason)
    check = check_of(claim)
    if check is not None:
        return check(claim, search)
    laws = laws_of(claim)
    if not laws:
        reason = f"no law is registered for {claim.property.kind}, so nothing can be checked{left_out()}"
        return Result("error", reason=reason)
    concerned = [law for law in laws if law.concerns(search.spec)]
    if not concerned:
        return Result("error", reason=_unasked(claim, laws, search.spec))
    results = []
    for law in concerned:
        results.append(attack(law, search))
        if results[-1].outcome == "confirmed":
            break
    return _together(claim, results)


def _unasked(claim: Claim, laws: Iterable[Law], spec: LossSpec) -> str:
    """Why a claim cannot be attacked: none of its laws concerns the loss."""
    wants = " or ".join(dict.fromkeys(law.wants for law in laws if law.wants)) or "a loss of another kind"
    return f"the claim cannot be asked of {spec.name}: {claim.property.kind} wants {wants}"


def _together(claim: Claim, results: list[Result]) -> Result:
    """One result of several laws: all must hold; a failure needs one witness."""
    if claim.verdict == "fails" and any(r.outcome == "confirmed" for r in results):
        results = [r for r in results if r.outcome == "confirmed"]
    worst = min(results, key=lambda r: WORST_FIRST.index(r.outcome))
    figures = [r.worst for r in results if r.worst is not None]
    spreads = [r.margins for r in results if r.margins is not None]
    return Result(
        worst.outcome,
        sum(r.cases for r in results),
        max(figures, default=None),
        worst.reason,
        worst.witness,
        sum(spreads, Margins()) if spreads else None,
    )
