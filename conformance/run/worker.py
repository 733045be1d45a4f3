"""The far side of a worker process: reads a task, attacks its claim, writes the finding, until there is no more."""

from __future__ import annotations

import faulthandler
import os
import pickle
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import torch

from losskit.conformance.claims import verify_claim
from losskit.conformance.report import Finding
from losskit.conformance.run.task import Task

READY = "ready"


def serve() -> None:
    """Answer tasks on standard input until it ends.

    The two pipes move to descriptors of their own: what a loss prints goes to standard error, and what it reads is
    empty, so that no loss can garble the conversation.
    """
    with os.fdopen(os.dup(0), "rb") as tasks, os.fdopen(os.dup(1), "wb") as findings:
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        _settle()
        _send(findings, READY)
        with suppress(EOFError):
            while True:
                _send(findings, _answer(pickle.load(tasks)))


def _settle() -> None:
    torch.set_num_threads(1)  # workers run side by side; within one, tensors are small
    faulthandler.enable(sys.__stderr__ or 2)  # a segmentation fault says where
    with suppress(OSError):  # where memory runs out, Linux is to stop the loss that takes it, not the run
        Path("/proc/self/oom_score_adj").write_text("1000")
    Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    """A worker that hangs would outlive a run that was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _answer(payload: bytes) -> Finding | str:
    try:
        task: Task = pickle.loads(payload)
    except Exception as error:  # a property of a module that only the parent knows, say
        return f"a worker process cannot read the claim ({type(error).__name__}: {error})"
    return verify_claim(task.spec, task.claim, task.profile, task.seed, task.device)


def _send(stream: object, answer: object) -> None:
    pickle.dump(answer, stream)  # type: ignore[arg-type]
    stream.flush()  # type: ignore[attr-defined]
