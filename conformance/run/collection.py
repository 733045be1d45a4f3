"""Findings as they come in, put back into the order of losses and claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from losskit.conformance.report import Finding, LossReport, Report
from losskit.conformance.run.task import Task
from losskit.spec import LossSpec

Progress = Callable[[int, int, LossReport | None], None]


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; ``report`` holds what it had found, and names the claims that were not run."""

    def __init__(self, report: Report) -> None:
        super().__init__("the verification was interrupted")
        self.report = report


class Collection:
    """What a run has found so far.

    Args:
        losses: in the order of the report.
        tasks: every claim of the run.
        progress: told at the start, and after each loss.
    """

    def __init__(self, losses: Sequence[LossSpec], tasks: Sequence[Task], progress: Progress | None) -> None:
        self._losses = losses
        self._tasks: list[list[Task]] = [[] for _ in losses]
        for task in tasks:
            self._tasks[task.loss].append(task)
        self._found: list[dict[int, Finding]] = [{} for _ in losses]
        self._done = 0
        self._progress: Progress = progress or (lambda *_: None)
        self._progress(0, len(losses), None)
        for loss in range(len(losses)):
            self._tell(loss)  # one without claims of the wanted kinds

    def add(self, task: Task, finding: Finding) -> None:
        """Take in a finding."""
        self._found[task.loss][task.number] = finding
        self._tell(task.loss)

    def reports(self) -> tuple[LossReport, ...]:
        """Every loss with its findings and with the claims that were not run."""
        return tuple(self._report(loss) for loss in range(len(self._losses)))

    def _tell(self, loss: int) -> None:
        if len(self._found[loss]) == len(self._tasks[loss]):
            self._done += 1
            self._progress(self._done, len(self._losses), self._report(loss))

    def _report(self, loss: int) -> LossReport:
        found = self._found[loss]
        findings = tuple(found[number] for number in sorted(found))
        return LossReport(
            name=self._losses[loss].name,
            findings=findings,
            not_run=tuple(str(task.claim) for task in self._tasks[loss] if task.number not in found),
            seconds=round(sum(finding.seconds for finding in findings), 3),
        )
