"""The search for claims: ask the harness about the whole vocabulary, and propose what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from losskit.conformance.engine import device_for, runner
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding
from losskit.conformance.run.engines import Engine
from losskit.conformance.search.scope import Search
from losskit.conformance.suggestion.asking import Harness, Progress
from losskit.conformance.suggestion.candidates import candidates, predictions
from losskit.conformance.suggestion.measuring import ends, formulas, measure
from losskit.conformance.suggestion.model import Left, Proposal, SuggestionInterrupted, Suggestions
from losskit.conformance.suggestion.points import defaults
from losskit.conformance.suggestion.regimes import STANDS, Survey, guessed
from losskit.conformance.suggestion.screening import homogeneous, links
from losskit.conformance.suggestion.sifting import Sieve
from losskit.conformance.suggestion.sources import source_of
from losskit.registry import kind, load
from losskit.spec import Claim, LossSpec, Property
from losskit.spec.errors import LosskitError
from losskit.spec.properties import Bounded, Lipschitz, Smooth
from losskit.spec.properties.base import Names
from losskit.spec.regimes import When

Made = Callable[[], Iterable[Property]]


def suggest(
    subject: str | LossSpec,
    *,
    profile: str = "quick",
    device: str = "auto",
    seed: int = 0,
    jobs: int | None = None,
    only: Sequence[str] = (),
    engine: Engine | None = None,
    timeout: float | None = None,
    every: bool = False,
    progress: Progress | None = None,
) -> Suggestions:
    """Claims that the spec of a loss might make: what could not be refuted, and failures with a witness.

    Every property of the vocabulary that the inputs have a meaning for is attacked on the whole domain of the parameters,
    then, where it falls, at single values of parameters and between them. Constants are measured, read as a number or
    a simple formula, and attacked like any other claim. A proposal is no theorem: it needs a source.

    Args:
        subject: a name, the place of one spec (``package.module:NAME``) or a spec.
        profile: ``quick``, ``standard`` or ``deep``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is one.
        seed: everything that is drawn follows from it.
        jobs: claims attacked at a time, in processes of their own; the number of cores if left out.
        only: kinds of properties to ask about; all if empty.
        engine: as for :func:`losskit.conformance.engine.verify`.
        timeout: seconds a claim may take.
        every: whether what the spec claims already is asked, too.
        progress: called with the claims done, those asked so far, and what a round was about when it ends.

    Raises:
        LosskitError: a name, profile, device, property or engine is unknown, or several specs lie at the place.
        SuggestionInterrupted: a :class:`KeyboardInterrupt` came; its ``found`` is what had stood until then.
    """
    spec = _one(subject)
    where = device_for(device)
    if profile not in PROFILES:
        raise LosskitError(f"there is no profile {profile!r}, expected one of {', '.join(PROFILES)}")
    kinds = {kind(word) for word in only}
    started = time.perf_counter()
    run = runner(engine, 1, jobs, timeout, profile)
    harness = Harness(spec, profile, seed, where, run, progress or (lambda *_: None))
    sieve = Sieve(() if every else spec.claims, kinds)
    survey, search = Survey(harness), Search(spec, PROFILES[profile], seed, where, salt="suggest")
    plain, left = sieve.wanted(candidates(spec)), list[Left]()

    def told(standing: list[Claim], interrupted: bool = False) -> Suggestions:
        kept, implied = sieve.sift(standing, harness.outcome)
        return Suggestions(
            name=spec.name,
            profile=profile,
            device=where,
            seed=seed,
            asked=len(harness.found),
            cases=sum(finding.cases for finding in harness.found.values()),
            proposals=tuple(_proposal(claim, harness) for claim in kept),
            implied=tuple(implied),
            left=(*left, *_open(harness, plain, standing), *sieve.refused),
            seconds=round(time.perf_counter() - started, 3),
            interrupted=interrupted,
        )

    try:
        return told(_standing(harness, survey, search, sieve, plain, left, kinds))
    except KeyboardInterrupt:
        raise SuggestionInterrupted(told(harness.stood(), interrupted=True)) from None


def _standing(
    harness: Harness,
    survey: Survey,
    search: Search,
    sieve: Sieve,
    plain: Sequence[Property],
    left: list[Left],
    kinds: set[str],
) -> list[Claim]:
    """The claims that stood, in the widest regimes found; what could not be measured is added to ``left``."""
    standing = survey.hold(plain)
    if _usable(harness):
        guesses = [*_guessed(left, "Homogeneous", lambda: homogeneous(search), kinds)]
        guesses += _guessed(left, "ReducesTo", lambda: links(search), kinds)
        standing += survey.hold(sieve.wanted(guesses))
        standing += _measured(harness, survey, search, sieve, left)
    return standing


def _one(subject: str | LossSpec) -> LossSpec:
    if isinstance(subject, LossSpec):
        return subject
    specs = load(subject)
    if len(specs) > 1:
        raise LosskitError(f"{subject} holds {len(specs)} specs, expected one, such as {specs[0].place}")
    return specs[0]


def _usable(harness: Harness) -> bool:
    """Whether the loss answers at all: guesses run it in this process, where a crash would be everybody's."""
    outcomes = {finding.outcome for finding in harness.found.values()}
    return not outcomes or outcomes != {"error"}


def _guessed(left: list[Left], name: str, made: Made, kinds: set[str]) -> list[Property]:
    """Guesses of a kind; a loss that cannot be measured is told of, not raised."""
    if kinds and name not in kinds:
        return []
    try:
        return list(made())
    except Exception as error:  # a loss may fail in any way
        left.append(Left(claim=name, outcome="error", reason=f"{type(error).__name__}: {error}"))
        return []


def _measured(harness: Harness, survey: Survey, search: Search, sieve: Sieve, left: list[Left]) -> list[Claim]:
    """Bounds and rates of growth: where no constant will do, and elsewhere which."""
    names = [entry.name for entry in predictions(harness.spec)]
    groups: list[Names] = [*names, *([tuple(names)] if len(names) > 1 else [])]
    families: list[Property] = [Bounded(), *(made(on=on) for on in groups for made in (Lipschitz, Smooth))]
    wanted = sieve.wanted(families)
    found = survey.fail(wanted)
    for family in wanted:
        nowhere = any(claim.property == family and not claim.when for claim in found)
        if nowhere:
            continue
        regimes: list[When] = survey.rest(family) if any(claim.property == family for claim in found) else [{}]
        regimes += [defaults(harness.spec)] if defaults(harness.spec) else []
        found += _constant(harness, search, family, regimes, left)
    return found


def _constant(harness: Harness, search: Search, family: Property, regimes: list[When], left: list[Left]) -> list[Claim]:
    """The first constant that stands, in the widest regime in which one does."""
    for when in regimes:
        offered = _guessed(left, str(family), lambda when=when: _with_constants(search, family, when), set())  # type: ignore[misc]
        answers = harness.ask("constants", [p.holds(when=when) for p in offered])
        for claim, finding in answers:
            if finding.outcome == "held":
                return [_widened(harness, claim)]
    return []


def _with_constants(search: Search, family: Property, when: When) -> list[Property]:
    if isinstance(family, Bounded):
        return ends(search.spec, search, when)
    samples = measure(search, when, lambda bound: family.model_copy(update={"constant": bound}))
    offered = [scalar for scalar in formulas(search.spec, samples, when) if scalar != 0]
    return [family.model_copy(update={"constant": scalar}) for scalar in offered]


def _widened(harness: Harness, claim: Claim) -> Claim:
    """The claim without those parts of its regime that it does not need."""
    for name in claim.when:
        rest = {n: c for n, c in claim.when.items() if n != name}
        ((wider, finding),) = harness.ask("without a parameter", [claim.model_copy(update={"when": rest})])
        if finding.outcome == STANDS[claim.verdict]:
            claim = wider
    return claim


def _proposal(claim: Claim, harness: Harness) -> Proposal:
    finding: Finding = harness.found[str(claim)]
    source = source_of(claim, finding, harness.profile, harness.seed)
    named = claim.model_copy(update={"source": source})
    return Proposal(claim=named, finding=finding.model_copy(update={"source": source}))


def _open(harness: Harness, asked: Iterable[Property], standing: Iterable[Claim]) -> list[Left]:
    """Properties that were asked about and that nothing stands of."""
    settled = {str(claim.property) for claim in standing}
    found = []
    for given in asked:
        finding = harness.found.get(str(given.holds()))
        if finding is None or str(given) in settled or finding.outcome == "not_applicable" or guessed(given):
            continue
        if finding.outcome != "refuted" or harness.spec.input("".join(given.subjects()[:1])) is not None:
            reason = finding.reason or "it does not hold everywhere, and no witness was found wherever it was sought"
            found.append(Left(claim=str(given), outcome=finding.outcome, reason=reason))
    return found
