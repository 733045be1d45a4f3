"""Where claims are attacked: in worker processes here, or in those of the nodes of a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from importlib import import_module
from queue import SimpleQueue
from threading import Thread
from typing import Any, Literal
from uuid import uuid4

from losskit.conformance.report import Finding
from losskit.conformance.run.crews import attack_apart, dismiss
from losskit.conformance.run.supervisor import Worker, modules_path
from losskit.conformance.run.task import Backlog, Task, by_length
from losskit.registry import selection
from losskit.spec.errors import MissingExtraError

Engine = Literal["here", "local", "dask", "ray"]
Found = Generator[tuple[Task, Finding]]
ENGINES: tuple[Engine, ...] = ("here", "local", "dask", "ray")
# Seconds a claim may take: many times what the slowest one needs, on a machine that is busy with other things, too.
LIMITS = {"quick": 300.0, "standard": 1800.0, "deep": 14400.0}
ROUND = 4  # claims a core gets at a time where a backend of joblib tells nothing before all are done


def cores() -> int:
    """Cores this process may use, the limits of its container included."""
    try:
        from joblib import cpu_count
    except ImportError as error:
        raise MissingExtraError(
            "verify needs joblib, which is not installed; run: pip install 'losskit[verify]'"
        ) from error
    return int(cpu_count())


def local(tasks: Sequence[Task], jobs: int | None, limit: float) -> Found:
    """Attack claims in worker processes of this machine; closing the iterator ends them."""
    backlog, found = Backlog(tasks), SimpleQueue[tuple[Task, Finding] | Exception]()
    crew = [Worker() for _ in range(min(jobs or cores(), len(tasks)))]
    threads = [Thread(target=_feed, args=(worker, backlog, limit, found), daemon=True) for worker in crew]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            answer = found.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer
        for thread in threads:  # they let their workers end
            thread.join()
    finally:
        backlog.clear()
        for worker in crew:
            worker.kill()


def _feed(worker: Worker, backlog: Backlog, limit: float, found: SimpleQueue[tuple[Task, Finding] | Exception]) -> None:
    task = None
    try:
        while (task := backlog.take(task.loss if task else None)) is not None:
            found.put((task, worker.attack(task, limit)))
        worker.close()
    except Exception as error:  # raised where the run waits for it; in a thread nobody would hear of it
        found.put(error)


def cluster(engine: Engine, tasks: Sequence[Task], jobs: int | None, limit: float) -> Found:
    """Attack claims on Dask or Ray, through the backends of joblib; each node has worker processes of its own.

    A cluster that runs already is used: the Dask client of this program or ``DASK_SCHEDULER_ADDRESS``, the Ray program
    or ``RAY_ADDRESS``. Where there is none, one of ``jobs`` processes is started on this machine. The cluster stays, the
    worker processes end with the run.
    """
    ordered = [task for several in by_length(tasks) for task in several]
    known = {(task.loss, task.number): task for task in ordered}
    run = uuid4().hex
    with _BACKENDS[engine](jobs or cores(), run), closing(_spread(ordered, limit, run)) as answers:
        for loss, number, finding in answers:
            yield known[loss, number], finding


def _spread(tasks: list[Task], limit: float, run: str) -> Generator[tuple[int, int, Finding]]:
    from joblib import Parallel, delayed, effective_n_jobs

    calls = [delayed(attack_apart)(task, limit, run, modules_path(), selection()) for task in tasks]
    options = {"n_jobs": -1, "batch_size": 1, "pre_dispatch": "all"}
    try:
        parallel = Parallel(return_as="generator_unordered", **options)
    except ValueError:  # Ray's backend gives nothing before it has everything
        size = ROUND * effective_n_jobs(-1)
        for start in range(0, len(calls), size):
            yield from Parallel(**options)(calls[start : start + size])
    else:
        yield from parallel(calls)


@contextmanager
def _dask(jobs: int, run: str) -> Iterator[None]:
    distributed = _imported("distributed", "dask")
    from joblib import parallel_config

    with ExitStack() as stack:
        try:
            client = distributed.get_client()
        except ValueError:  # there is none yet
            address = import_module("dask").config.get("scheduler-address", None)
            if address is None:
                cluster = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
                address = stack.enter_context(cluster)
            client = stack.enter_context(distributed.Client(address))
        stack.callback(_dismiss_on_nodes, client, run)
        stack.enter_context(parallel_config(backend="dask"))
        yield


def _dismiss_on_nodes(client: Any, run: str) -> None:
    with suppress(Exception):  # a cluster that is gone has taken its processes along
        client.run(dismiss, run, on_error="ignore")


@contextmanager
def _ray(jobs: int, _run: str) -> Iterator[None]:  # its backend ends its processes, and so their workers, by itself
    ray = _imported("ray", "ray")
    from joblib import parallel_config

    with ExitStack() as stack:
        if not ray.is_initialized():
            own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": jobs, "include_dashboard": False}
            ray.init(**own)
            stack.callback(ray.shutdown)
        import_module("ray.util.joblib").register_ray()
        stack.enter_context(parallel_config(backend="ray"))
        yield


def _imported(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"engine {extra} needs {module}, which is not installed; run: pip install 'losskit[{extra}]'"
        ) from error


_BACKENDS: dict[str, Callable[[int, str], AbstractContextManager[None]]] = {"dask": _dask, "ray": _ray}
