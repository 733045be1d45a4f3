"""What a node of a cluster runs: claims in worker processes that belong to one run and end with it."""

from __future__ import annotations

from threading import Lock

from losskit.conformance.report import Finding
from losskit.conformance.run.supervisor import Worker
from losskit.conformance.run.task import Task


class Crew:
    """The workers of one run in one process of a cluster, which may outlive the run and serve others beside it.

    A worker has imported the losses as they were, so no other run may be given it.

    Args:
        path: where the run finds modules; a node may have started without it.
        plugins: the run's selection of plugins.
    """

    def __init__(self, path: tuple[str, ...], plugins: str) -> None:
        self._path = path
        self._plugins = plugins
        self._lock = Lock()  # a node may attack several claims at a time, in threads
        self._workers: list[Worker] = []
        self._idle: list[Worker] = []
        self._dismissed = False

    def attack(self, task: Task, limit: float) -> Finding:
        """Attack a claim in a worker that is idle, or in a new one."""
        with self._lock:
            if self._dismissed:
                return task.failed("the run was stopped")
            worker = self._idle.pop() if self._idle else self._hired()
        finding = worker.attack(task, limit)
        with self._lock:
            self._idle.append(worker)
        return finding

    def dismiss(self) -> None:
        """End all workers, whatever they do, and start no other."""
        with self._lock:
            self._dismissed = True
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.kill()

    def _hired(self) -> Worker:
        self._workers.append(Worker(self._path, self._plugins))
        return self._workers[-1]


_crews: dict[str, Crew] = {}  # those of runs that have ended stay, without workers, so that a late claim starts none


def attack_apart(task: Task, limit: float, run: str, path: tuple[str, ...], plugins: str) -> tuple[int, int, Finding]:
    """Attack a claim in a worker of this process, which keeps it for the next one of the run.

    Args:
        task: the claim.
        limit: seconds it may take.
        run: what no other run is called.
        path: where the run finds modules.
        plugins: the run's selection of plugins.
    """
    return task.loss, task.number, _crews.setdefault(run, Crew(path, plugins)).attack(task, limit)


def dismiss(run: str) -> None:
    """End the workers of a run in this process."""
    _crews.setdefault(run, Crew((), "")).dismiss()
