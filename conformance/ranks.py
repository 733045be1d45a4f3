"""Processes of a ``torch.distributed`` group, each of which evaluates a loss on its part of a batch.

They are plain subprocesses that take jobs from a pipe: a worker of the harness may not be allowed children of its own
by ``multiprocessing``, and what hangs in a collective is killed without a trace.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, BinaryIO

import torch
import torch.distributed as dist
from torch import Tensor

from losskit.conformance.run.supervisor import START
from losskit.conformance.subject import Data
from losskit.plugins.distributed import AcrossRanks
from losskit.registry import build
from losskit.spec import LossSpec
from losskit.spec.errors import LosskitError, PluginError

PATIENCE = timedelta(seconds=60)  # for a collective, and for a job

# run as __main__, the module's classes would be others than those that are unpickled here
PROGRAM = (
    "import sys; from losskit.conformance.ranks import work; work(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])"
)


class RanksError(LosskitError):
    """Ranks could not be started, died, were late or lost each other, so nothing is known of the loss."""


class LossOnRankError(LosskitError):
    """The loss raised an error on a rank."""


@dataclass(frozen=True)
class Job:
    """One rank's part of a batch: the loss, how many ranks share the batch, and the inputs, perhaps with weights."""

    spec: LossSpec
    parameters: dict[str, Any]
    reduction: str
    ranks: int
    inputs: Data


@dataclass(frozen=True)
class Answer:
    """What a rank computed: the value and its gradients by input; or why not, and whether that is no fault of the loss."""

    value: Tensor
    gradients: dict[str, Tensor]
    error: str = ""
    lost: bool = False


class Ranks:
    """A number of processes that stay until they are closed; a context manager.

    Args:
        count: of processes. Batches may be shared by the first two of them, the first three, and so on.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.broken = False
        self._met = False
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        store = str(Path(self._folder.name) / "store")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)}
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(rank), str(count), store],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            for rank in range(count)
        ]

    def __enter__(self) -> Ranks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._kill()
        for process in self._processes:
            process.communicate()
        self._folder.cleanup()

    def evaluate(
        self, spec: LossSpec, parameters: Mapping[str, Any], reduction: str, parts: Sequence[Data]
    ) -> list[Answer]:
        """The value and the gradients that each rank gets for its part.

        Raises:
            LossOnRankError: the loss failed on a rank.
            RanksError: the ranks failed. Either way some may be out of step, so these ranks are done with.
        """
        self._meet(spec.name)
        processes = self._processes[: len(parts)]
        with self._within(
            2 * PATIENCE.total_seconds(), f"{spec.name}: a rank ended before it answered, or took too long"
        ):
            for process, inputs in zip(processes, parts, strict=True):
                _send(process, Job(spec, dict(parameters), reduction, len(parts), inputs))
            answers: list[Answer] = [_read(process) for process in processes]
        failed = [answer for answer in answers if answer.error]
        if failed:
            self._break()
            first = min(failed, key=lambda answer: answer.lost)  # where the loss fails on one, the others lose that one
            kind = RanksError if first.lost else LossOnRankError
            raise kind(f"{spec.name}: a rank failed: {first.error}")
        return answers

    def _meet(self, name: str) -> None:
        """Let the processes form their groups when all of them have imported torch, however long that takes."""
        if self._met:
            return
        with self._within(START, f"{name}: a rank did not start"):
            for turn in (_read, lambda process: _send(process, True), _read):
                for process in self._processes:
                    turn(process)
        self._met = True

    @contextmanager
    def _within(self, seconds: float, otherwise: str) -> Iterator[None]:
        timer = Timer(seconds, self._kill)
        timer.start()
        try:
            yield
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._break()
            raise RanksError(otherwise) from error
        finally:
            timer.cancel()

    def _break(self) -> None:
        self.broken = True
        self._kill()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()


_SHARED: dict[int, Ranks] = {}


def shared_ranks(count: int) -> Ranks:
    """Ranks that this process starts once and keeps until it ends, for starting them takes seconds."""
    if count in _SHARED and _SHARED[count].broken:
        _SHARED.pop(count).close()
    if count not in _SHARED:
        _SHARED[count] = Ranks(count)
        atexit.register(_SHARED[count].close)
    return _SHARED[count]


def _send(process: subprocess.Popen[bytes], message: Any) -> None:
    assert process.stdin is not None
    pickle.dump(message, process.stdin)
    process.stdin.flush()


def _read(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    return pickle.load(process.stdout)


def work(rank: int, count: int, store: str) -> None:
    """One process: join the group when told that the others can, then answer jobs until there are no more."""
    torch.set_num_threads(1)
    jobs = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a loss prints must not mix with the answers

        def tell(message: Any) -> None:
            pickle.dump(message, answers)
            answers.flush()

        tell("imported")
        pickle.load(jobs)
        dist.init_process_group(
            "gloo", store=dist.FileStore(store, count), rank=rank, world_size=count, timeout=PATIENCE
        )
        groups = {size: dist.new_group(list(range(size))) for size in range(2, count + 1)}
        tell("met")
        while (job := _next(jobs)) is not None:
            answer = _answer(job, groups)
            tell(answer)
            if answer.error:
                return  # the others would wait for this rank in a collective


def _next(jobs: BinaryIO) -> Job | None:
    try:
        job: Job = pickle.load(jobs)
    except EOFError:
        return None
    return job


def _answer(job: Job, groups: Mapping[int, Any]) -> Answer:
    try:
        spec = job.spec
        loss = AcrossRanks(build(spec, reduction=job.reduction, **job.parameters), groups[job.ranks])
        names = [name for name in spec.differentiable() if job.inputs.get(name) is not None]
        held = {**job.inputs, **{name: job.inputs[name].detach().requires_grad_() for name in names}}
        value = loss(**held)
        found = torch.autograd.grad(value, [held[n] for n in names], allow_unused=True, materialize_grads=True)
    except Exception as error:  # whatever a loss does is its answer
        return Answer(torch.zeros(()), {}, f"{type(error).__name__}: {error}", _lost(error))
    return Answer(value.detach(), dict(zip(names, found, strict=True)))


def _lost(error: Exception) -> bool:
    """Whether an error is of the machine, of a module that only the parent finds, or of gloo, which names its files."""
    return isinstance(error, MemoryError | PluginError | dist.DistError) or "/gloo/" in str(error).replace(os.sep, "/")
