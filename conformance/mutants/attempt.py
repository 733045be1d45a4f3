"""One mutant against the harness: the kind that must catch it first, the others only if that does not."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from losskit.conformance.claims import claims_of, verify_claim
from losskit.conformance.mutants.model import Attempt, Control, Fate, Mutant
from losskit.conformance.mutants.sources import edited, rebuilt
from losskit.conformance.report import Finding
from losskit.conformance.report.model import FELL
from losskit.registry import get
from losskit.spec import Claim, LossSpec

LIMIT = 120.0  # seconds of processor time a mutant may take in all; a healthy loss needs a fraction


class OutOfTimeError(BaseException):
    """A mutant took too long; no ``Exception``, so that nothing on the way takes it for the loss's own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTimeError` in the body after some processor time: a busy machine makes no mutant hang.

    Without effect where the platform has no such timer, or in a thread that may not set one.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread for the tensor library: mutants run side by side."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def mutated(mutant: Mutant) -> Iterator[LossSpec]:
    """The spec of a mutant, which can be built within the context."""
    spec = get(mutant.loss)
    if mutant.claim is not None:
        yield spec.model_copy(update={"claims": (mutant.claim,)})
    elif mutant.unnarrowed:
        kept = tuple(n for n in spec.narrowed if n.property != mutant.unnarrowed)
        yield spec.model_copy(update={"narrowed": kept})
    else:
        with rebuilt(spec, edited(spec, mutant.edits)) as wrong:
            yield wrong


def attempt(mutant: Mutant, profile: str = "quick", seed: int = 0, limit: float = LIMIT) -> Attempt:
    """Let the harness loose on a mutant until a claim falls."""
    started = time.perf_counter()
    with single_thread(), mutated(mutant) as spec:
        fate, killer, outcome, detail = _hunt(mutant, spec, profile, seed, limit)
    return Attempt(
        mutant=mutant.name,
        loss=mutant.loss,
        caught_by=mutant.caught_by,
        fate=fate,
        killer=killer,
        outcome=outcome,
        detail=detail,
        seconds=round(time.perf_counter() - started, 3),
    )


def _hunt(mutant: Mutant, spec: LossSpec, profile: str, seed: int, limit: float) -> tuple[Fate, str, str, str]:
    """Fate, the claim that fell, its outcome and what was found."""
    tagged = claims_of(spec, (mutant.caught_by,))
    # a false claim leaves the loss as it is, and so all its other properties
    others = [] if mutant.claim is not None else [c for c in claims_of(spec) if c.property.kind != mutant.caught_by]
    try:
        with time_limit(limit):
            for claims, fate in ((tagged, "killed"), (others, "elsewhere")):
                found = first_to_fall(spec, claims, profile, seed)
                if found is not None:
                    detail = found.witness.detail if found.witness is not None else found.reason
                    return fate, found.claim, found.outcome, detail  # type: ignore[return-value]
    except OutOfTimeError:
        return "survived", "", "timeout", f"no verdict within {limit:g} s"
    return "survived", "", "", ""


def first_to_fall(
    spec: LossSpec, claims: list[Claim], profile: str, seed: int, errors: bool = False, brief: bool = False
) -> Finding | None:
    """The first claim that falls with a witness or a reason; with ``errors``, or that could not be checked."""
    for claim in claims:
        finding = verify_claim(spec, claim, profile, seed, "cpu", brief)
        fell = finding.outcome in FELL and (finding.witness is not None or finding.reason)
        if fell or (errors and finding.outcome == "error"):
            return finding
    return None


def control(loss: str, kind: str, profile: str = "quick", seed: int = 0) -> Control:
    """The claims of one kind on the loss as it is; every one must stand."""
    started = time.perf_counter()
    spec = get(loss)
    with single_thread():
        findings = [verify_claim(spec, claim, profile, seed, "cpu") for claim in claims_of(spec, (kind,))]
    fell = tuple(f"{f.claim}: {f.outcome}" for f in findings if not f.stood)
    return Control(loss=loss, kind=kind, fell=fell, seconds=round(time.perf_counter() - started, 3))
