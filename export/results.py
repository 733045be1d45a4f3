"""What replaying graphs returns: one versioned object for artifacts and for graphs in memory."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from losskit.spec.model import Frozen

RESULT_VERSION: Literal[1] = 1


class CaseResult(Frozen):
    """One graph on one set of inputs.

    Attributes:
        graph: the file, or ``value`` and ``value and gradient`` for graphs in memory.
        runtime: name and version.
        case: what is special about the inputs.
        sizes: size of each axis.
        max_error: largest absolute difference from the expected outputs.
        worst: largest difference in units of the tolerance; above 1 the case failed.
        passed: whether the outputs are the expected ones.
        reason: where and how they differ, or why the graph could not be run.
    """

    graph: str
    runtime: str
    case: str
    sizes: dict[str, int]
    max_error: float = 0.0
    worst: float = 0.0
    passed: bool
    reason: str = ""


class NotTaken(Frozen):
    """A file that a runtime is known not to run, and why."""

    graph: str
    runtime: str
    reason: str


class Replay(Frozen):
    """Graphs of a loss compared with the module, case by case."""

    schema_version: Literal[1] = RESULT_VERSION
    loss: str
    parameters: dict[str, JsonValue]
    reduction: str
    device: str = "cpu"
    directory: str | None = None
    results: tuple[CaseResult, ...]
    not_taken: tuple[NotTaken, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether something was replayed and every case passed."""
        return bool(self.results) and all(result.passed for result in self.results)

    @property
    def cases(self) -> int:
        """How many cases were replayed."""
        return len(self.results)

    @property
    def max_error(self) -> float:
        """Largest absolute difference of all cases."""
        return max((result.max_error for result in self.results), default=0.0)

    @property
    def worst(self) -> float:
        """Largest difference of all cases in units of the tolerance."""
        return max((result.worst for result in self.results), default=0.0)

    @property
    def failure(self) -> str:
        """The worst case in a sentence; empty where all passed."""
        if not self.results:
            return f"{self.loss}: no graph was replayed"
        failed = [result for result in self.results if not result.passed]
        if not failed:
            return ""
        one = max(failed, key=lambda result: result.worst)
        sizes = ", ".join(f"{name}={size}" for name, size in one.sizes.items())
        return f"{self.loss}: {one.graph} in {one.runtime} differs from eager ({one.case}; {sizes}): {one.reason}"
