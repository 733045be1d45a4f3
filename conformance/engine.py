"""Verification: what is asked for becomes tasks, an engine runs them, and what they find becomes a report."""

from __future__ import annotations

import platform
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from losskit.conformance.claims import claims_of, verify_claim
from losskit.conformance.implied import in_turn, settle
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding, LossReport, Report
from losskit.conformance.run.collection import Collection, Interrupted, Progress
from losskit.conformance.run.engines import ENGINES, LIMITS, Engine, Found, cluster, local
from losskit.conformance.run.journal import Journal
from losskit.conformance.run.task import Task
from losskit.registry import builtin, get, kind, load, names
from losskit.spec import Claim, LossSpec
from losskit.spec.errors import LosskitError, PluginError

PACKAGES = ("losskit", "torch", "numpy", "scipy", "hypothesis", "onnx", "onnxruntime-gpu", "onnxruntime")


def verify(
    *subjects: str | LossSpec,
    profile: str = "quick",
    device: str = "auto",
    seed: int = 0,
    jobs: int | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    engine: Engine | None = None,
    timeout: float | None = None,
    journal: str | Path | None = None,
    resume: bool = False,
) -> Report:
    """Try to refute every claim of some losses, or of all.

    Args:
        subjects: names, places of specs that are not registered (``package.module:NAME``) or specs; all built-in losses
            if none is given, or all that ``LOSSKIT_PLUGINS`` selects where these are others. One whose plugin is broken
            is then an error of its own.
        profile: ``quick``, ``standard`` or ``deep``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is one.
        seed: everything that is drawn follows from it, whatever attacks the claims.
        jobs: claims attacked at a time, in processes of their own; the number of cores if left out.
        only: kinds of properties to check; all if empty.
        progress: called with the number of losses done, of all losses, and the report that was finished.
        engine: ``local`` for worker processes, ``dask`` or ``ray`` for those of a cluster, ``here`` for this process,
            where a loss that crashes or hangs takes it along. If left out, ``here`` for one loss with neither ``jobs``
            nor ``timeout``, else ``local``.
        timeout: seconds a claim may take before it is an error; by profile, and generous, if left out.
        journal: file that every finding is added to as it comes.
        resume: whether to keep the findings that the journal holds already.

    Returns:
        One report, the losses in the order given.

    Raises:
        LosskitError: a name, profile, device, property or engine is unknown, or the journal is of another run.
        Interrupted: a :class:`KeyboardInterrupt` came; its ``report`` is what was found until then.
    """
    chosen, broken = _chosen(subjects)
    where = device_for(device)
    if profile not in PROFILES:
        raise LosskitError(f"there is no profile {profile!r}, expected one of {', '.join(PROFILES)}")
    kinds = tuple(kind(word) for word in only)
    run = runner(engine, len(chosen), jobs, timeout, profile)
    started = time.perf_counter()
    tasks = [
        Task(loss, number, spec, claim, profile, seed, where)
        for loss, spec in enumerate(chosen)
        for number, claim in enumerate(claims_of(spec, kinds))
    ]
    facts = {"profile": profile, "device": where, "seed": seed, "versions": versions()}
    collection = Collection(chosen, tasks, progress)

    def report() -> Report:
        seconds = round(time.perf_counter() - started, 3)
        return Report(only=kinds, losses=(*collection.reports(), *broken), seconds=seconds, **facts)

    try:
        _collect(run, tasks, collection, Journal(Path(journal), facts) if journal else None, resume)
    except KeyboardInterrupt:
        raise Interrupted(report()) from None
    return report()


def _chosen(subjects: Sequence[str | LossSpec]) -> tuple[list[LossSpec], list[LossReport]]:
    """Specs of the losses asked for; where none is, of all that load, and reports of those that do not."""
    if subjects:
        return [spec for s in subjects for spec in ((s,) if isinstance(s, LossSpec) else load(s))], []
    chosen, broken = [], []
    for name in builtin() or names():
        try:
            chosen.append(get(name))
        except PluginError as error:
            broken.append(unloadable(name, str(error)))
    return chosen, broken


def unloadable(name: str, reason: str) -> LossReport:
    """The report of a loss whose plugin is broken: one error, and no claim was attacked."""
    finding = Finding(claim="the plugin loads", property="", verdict="holds", outcome="error", reason=reason)
    return LossReport(name=name, findings=(finding,))


def runner(
    engine: Engine | None, losses: int, jobs: int | None, timeout: float | None, profile: str
) -> Callable[[Sequence[Task]], Found]:
    """What attacks the claims; the arguments are those of :func:`verify`.

    Args:
        engine: where.
        losses: how many there are.
        jobs: claims at a time.
        timeout: seconds a claim may take.
        profile: whose limit is taken where no time is given.

    Raises:
        LosskitError: the engine is unknown, or has no time limits and one is given; there would be no jobs or no time.
    """
    if engine is None:
        engine = "here" if losses <= 1 and jobs is None and timeout is None else "local"
    if engine not in ENGINES:
        raise LosskitError(f"there is no engine {engine!r}, expected one of {', '.join(ENGINES)}")
    if jobs is not None and jobs < 1:
        raise LosskitError(f"{jobs} claims cannot be attacked at a time, expected at least 1")
    if timeout is not None and not timeout > 0:
        raise LosskitError(f"a claim may take {timeout:g} s, expected more than 0")
    limit = LIMITS[profile] if timeout is None else timeout
    if engine == "here":
        if timeout is not None:
            raise LosskitError("a time limit needs worker processes, and engine 'here' has none; expected 'local'")
        return _here
    if engine == "local":
        return lambda tasks: local(tasks, jobs, limit)
    return lambda tasks: cluster(engine, tasks, jobs, limit)


def _collect(
    run: Callable[[Sequence[Task]], Found],
    tasks: Sequence[Task],
    collection: Collection,
    journal: Journal | None,
    resume: bool,
) -> None:
    """Attack what no earlier run has, and write down each finding before anybody is told of it."""
    found: dict[int, dict[str, Finding]] = defaultdict(dict)  # by loss and claim
    claims: dict[int, list[Claim]] = defaultdict(list)
    for task in tasks:
        claims[task.loss].append(task.claim)

    def keep(task: Task, finding: Finding, fresh: bool = True) -> None:
        if journal and fresh:
            journal.record(task, finding)
        found[task.loss][finding.claim] = finding
        collection.add(task, finding)

    kept = journal.resume(tasks) if journal and resume else []
    if journal and not resume:
        journal.begin()
    for task, finding in kept:
        keep(task, finding, fresh=False)
    done = {(task.loss, task.number) for task, _ in kept}
    first, second = in_turn([task for task in tasks if (task.loss, task.number) not in done], tasks)
    with journal or nullcontext():
        for turn in (first, second):
            settled = [(task, settle(task.claim, claims[task.loss], found[task.loss])) for task in turn]
            for task, known in settled:
                if known is not None:
                    keep(task, known)
            with closing(run([task for task, known in settled if known is None])) as searched:
                for task, finding in searched:
                    keep(task, finding)


def _here(tasks: Sequence[Task]) -> Found:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker, so that the same seed gives the same bits
    try:
        for task in tasks:
            yield task, verify_claim(task.spec, task.claim, task.profile, task.seed, task.device)
    finally:
        torch.set_num_threads(threads)


def device_for(word: str) -> str:
    """The device that a word means: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is one.

    Raises:
        LosskitError: no such device, or none that this torch finds.
    """
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
