"""One claim to attack, and the order in which workers are given claims."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from losskit.conformance.report import Finding
from losskit.spec import Claim, LossSpec, describe_regime


@dataclass(frozen=True)
class Task:
    """A claim of a loss with all that its result depends on.

    Attributes:
        loss: the number of the loss within the run.
        number: the number of the claim within the loss.
        spec: the loss.
        claim: the claim.
        profile: how much work to do.
        seed: everything that is drawn follows from it.
        device: where tensors are.
    """

    loss: int
    number: int
    spec: LossSpec
    claim: Claim
    profile: str
    seed: int
    device: str

    def failed(self, reason: str, seconds: float = 0.0) -> Finding:
        """The finding where the attack gave none."""
        command = f"losskit verify {self.spec.place or self.spec.name} --profile {self.profile} --seed {self.seed}"
        return Finding(
            claim=str(self.claim),
            property=self.claim.property.kind,
            verdict=self.claim.verdict,
            regime=describe_regime(self.claim.when),
            source=self.claim.source,
            outcome="error",
            reason=f"{reason}; find it again: {command} --only {self.claim.property.kind}",
            seconds=round(seconds, 3),
        )


def by_length(tasks: Iterable[Task]) -> list[deque[Task]]:
    """The tasks of each loss in their order, the losses with the most claims first: none is left alone at the end."""
    losses: dict[int, deque[Task]] = {}
    for task in tasks:
        losses.setdefault(task.loss, deque()).append(task)
    return sorted(losses.values(), key=len, reverse=True)


class Backlog:
    """What is still to do, shared by the threads that feed the workers.

    A worker stays with its loss, whose module and graphs it holds already; when no loss is left to begin, it takes over
    claims of the loss that has the most left.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._untouched = deque(by_length(tasks))
        self._begun: dict[int, deque[Task]] = {}
        self._lock = Lock()

    def take(self, loss: int | None = None) -> Task | None:
        """The next task of a worker whose last one was of ``loss``; None when nothing is left."""
        with self._lock:
            own = self._begun.get(-1 if loss is None else loss)
            if own:
                return own.popleft()
            if self._untouched:
                tasks = self._untouched.popleft()
                self._begun[tasks[0].loss] = tasks
                return tasks.popleft()
            longest = max(self._begun.values(), key=len, default=None)
            return longest.popleft() if longest else None

    def clear(self) -> None:
        """Give out nothing more."""
        with self._lock:
            self._untouched.clear()
            self._begun.clear()
