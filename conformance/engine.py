"""Verification: every claim of every loss, attacked and worded as findings."""

from __future__ import annotations

import os
import platform
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

import torch

from losskit.conformance import checks, decision
from losskit.conformance.implied import each_once
from losskit.conformance.laws import laws_of
from losskit.conformance.laws.relation import missing
from losskit.conformance.outcome import Result
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding, LossReport, Report
from losskit.conformance.report.model import Margins, Outcome
from losskit.conformance.search.attack import Search, attack
from losskit.registry import kind, load, names
from losskit.spec import Claim, LossSpec, describe_regime
from losskit.spec.errors import LosskitError
from losskit.spec.properties import KINDS, ReducesTo

Progress = Callable[[int, int, LossReport | None], None]
WORST_FIRST: tuple[Outcome, ...] = (
    "error",
    "refuted",
    "unconfirmed",
    "undecided",
    "held",
    "confirmed",
    "not_applicable",
)
PACKAGES = ("losskit", "torch", "numpy", "scipy", "hypothesis", "onnx", "onnxruntime-gpu", "onnxruntime")


def verify(
    *subjects: str | LossSpec,
    profile: str = "quick",
    device: str = "auto",
    seed: int = 0,
    jobs: int | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Try to refute every claim of some losses, or of all.

    Args:
        subjects: names, places of specs that are not registered (``package.module:NAME``) or specs; all registered
            losses if none is given.
        profile: ``quick``, ``standard`` or ``deep``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is one.
        seed: everything that is drawn follows from it.
        jobs: losses verified at a time, in processes of their own; the number of cores if left out.
        only: kinds of properties to check; all if empty.
        progress: called with the number of losses done, of all losses, and the report that was finished.

    Returns:
        One report, the losses in the order given.

    Raises:
        LosskitError: a name, profile, device or property is unknown.
    """
    chosen = [spec for s in (subjects or names()) for spec in ((s,) if isinstance(s, LossSpec) else load(s))]
    where = _device(device)
    if profile not in PROFILES:
        raise LosskitError(f"there is no profile {profile!r}, expected one of {', '.join(PROFILES)}")
    kinds = tuple(kind(word) for word in only)
    workers = min(len(chosen), jobs or os.cpu_count() or 1)
    started = time.perf_counter()
    tell = progress or (lambda *_: None)
    tell(0, len(chosen), None)
    found: dict[str, LossReport] = {}
    for report in _run(chosen, profile, seed, where, kinds, workers):
        found[report.name] = report
        tell(len(found), len(chosen), report)
    return Report(
        profile=profile,
        device=where,
        seed=seed,
        only=kinds,
        versions=versions(),
        losses=tuple(found[spec.name] for spec in chosen),
        seconds=round(time.perf_counter() - started, 3),
    )


def _device(word: str) -> str:
    if word not in ("auto", "cpu", "cuda"):
        raise LosskitError(f"there is no device {word!r}, expected auto, cpu or cuda")
    if word == "cuda" and not torch.cuda.is_available():
        raise LosskitError("device cuda was asked for, and this torch finds no CUDA device")
    return "cuda" if word != "cpu" and torch.cuda.is_available() else "cpu"


def versions() -> dict[str, str]:
    """Versions of everything the numbers depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _run(
    chosen: list[LossSpec], profile: str, seed: int, device: str, kinds: tuple[str, ...], workers: int
) -> Iterator[LossReport]:
    if workers <= 1:
        for spec in chosen:
            yield verify_loss(spec, profile, seed, device, kinds)
        return
    from joblib import Parallel, delayed

    by_cost = sorted(
        chosen, key=lambda spec: -len(claims_of(spec, kinds))
    )  # the longest first, so that none is left alone
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    yield from parallel(delayed(verify_loss)(spec, profile, seed, device, kinds) for spec in by_cost)


def verify_loss(spec: LossSpec, profile: str, seed: int, device: str, kinds: tuple[str, ...] = ()) -> LossReport:
    """Verify one loss in this process."""
    started = time.perf_counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # losses run side by side; within one, tensors are small
    try:
        findings = each_once(claims_of(spec, kinds), lambda claim: verify_claim(spec, claim, profile, seed, device))
    finally:
        torch.set_num_threads(threads)
    return LossReport(name=spec.name, findings=findings, seconds=round(time.perf_counter() - started, 3))


def claims_of(spec: LossSpec, kinds: Iterable[str] = ()) -> list[Claim]:
    """What a spec claims and what every loss declares, of some kinds or of all."""
    wanted = set(kinds)
    implied = [model() for name, model in KINDS.items() if model.default and name != "Engineering"]
    every = [*(p.holds(source="declared by every loss") for p in implied), *spec.claims]
    return [claim for claim in every if not wanted or claim.property.kind in wanted]


def verify_claim(spec: LossSpec, claim: Claim, profile: str, seed: int, device: str) -> Finding:
    """Attack one claim; whatever goes wrong in doing so is this claim's result."""
    command = f"losskit verify {spec.place or spec.name} --profile {profile} --seed {seed}"
    search = Search(spec, PROFILES[profile], seed, device, command, salt=str(claim))
    started = time.perf_counter()
    try:
        result = _attacked(claim, search)
    except Exception as error:  # the harness must survive any loss
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
    if isinstance(claim.property, ReducesTo):
        reason = missing(claim.property, search.spec)
        if reason:
            return Result("not_applicable", reason=reason)
    check = checks.check_of(claim.property.kind) or decision.check_of(claim.property.kind)
    if check is not None:
        return check(claim, search)
    laws = laws_of(claim)
    if not laws:
        return Result("error", reason=f"no law is registered for {claim.property.kind}, so nothing can be checked")
    results = []
    for law in laws:
        if law.concerns(search.spec):
            results.append(attack(law, search))
        if results and results[-1].outcome == "confirmed":
            break
    return _together(claim, results)


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
