"""Questions to the harness: claims about one loss, each put once, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field

from losskit.conformance.implied import in_turn, settle
from losskit.conformance.report import Finding
from losskit.conformance.run.engines import Found
from losskit.conformance.run.task import Task
from losskit.spec import Claim, LossSpec

Progress = Callable[[int, int, str | None], None]


@dataclass
class Harness:
    """What attacks the claims about one loss.

    Attributes:
        spec: the loss.
        profile: how much work is done for a claim.
        seed: of the search.
        device: where the loss runs.
        run: an engine with its limits.
        progress: told after each answer how many claims are done, of how many, and after each round what was asked in it.
        found: answers by claim.
        claims: what was asked, by its words.
    """

    spec: LossSpec
    profile: str
    seed: int
    device: str
    run: Callable[[list[Task]], Found]
    progress: Progress
    found: dict[str, Finding] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    _asked: int = 0

    def ask(self, what: str, claims: Iterable[Claim]) -> list[tuple[Claim, Finding]]:
        """The findings of claims; one that was asked before is not asked again."""
        wanted = {str(claim): claim for claim in claims}
        new = [claim for key, claim in wanted.items() if key not in self.found]
        tasks = [
            Task(0, number, self.spec, claim, self.profile, self.seed, self.device) for number, claim in enumerate(new)
        ]
        self._asked += len(tasks)
        for turn in in_turn(tasks, tasks):
            known = [(task, settle(task.claim, new, self.found)) for task in turn]
            for task, finding in known:
                if finding is not None:
                    self._keep(task, finding)
            with closing(self.run([task for task, finding in known if finding is None])) as searched:
                for task, finding in searched:
                    self._keep(task, finding)
        if tasks:
            self.progress(len(self.found), self._asked, what)
        return [(claim, self.found[key]) for key, claim in wanted.items()]

    def stood(self) -> list[Claim]:
        """The claims that stood so far, in the order they were asked."""
        return [self.claims[key] for key, finding in self.found.items() if finding.stood and finding.cases]

    def outcome(self, claim: Claim) -> str:
        """What came of a claim; empty where it was not asked."""
        finding = self.found.get(str(claim))
        return "" if finding is None else finding.outcome

    def _keep(self, task: Task, finding: Finding) -> None:
        self.found[str(task.claim)] = finding
        self.claims[str(task.claim)] = task.claim
        self.progress(len(self.found), self._asked, None)
