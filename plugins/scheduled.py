"""Weights that change from step to step, outside of autograd and of every graph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from losskit.plugins.base import Loss
from losskit.plugins.composed import ComposedLoss, composed
from losskit.spec import LossSpec
from losskit.spec.errors import ParameterError

Schedule = Callable[[int], float] | Mapping[int, float]


class ScheduledLoss(ComposedLoss):
    """A composite whose weights follow a schedule; it begins at step 0.

    Between two calls of :meth:`set_step` it is a :class:`ComposedLoss` with constant weights. ``torch.compile`` compiles it
    again when a weight first changes and then takes the weight as an input of the graph. The ``state_dict`` holds the step.
    """

    schedules: dict[str, Schedule]
    step: int

    def set_step(self, step: int) -> Self:
        """Take the weights of a step.

        Args:
            step: 0, 1, 2 and so on, whatever it counts.

        Returns:
            The loss itself.

        Raises:
            ParameterError: the step is no whole number of at least 0, or a schedule gives a weight below 0.
        """
        if isinstance(step, bool) or not isinstance(step, int) or step < 0:
            raise ParameterError(f"{self.spec.name}: a step must be a whole number of at least 0, found {step!r}")
        changed = {name: _weight(self.spec.name, name, schedule, step) for name, schedule in self.schedules.items()}
        self._values = self.spec.parameters.validate_values(self.spec.name, {**self._values, **changed})
        for name in changed:
            setattr(self, name, self._values[name])
        self.step = step
        return self

    def config(self) -> dict[str, Any]:
        """As of every composite, with the tables of the schedules and the step.

        Raises:
            ParameterError: a schedule is a function, which JSON has no word for.
        """
        tables: dict[str, dict[str, float]] = {}
        for name, schedule in self.schedules.items():
            if not isinstance(schedule, Mapping):
                raise ParameterError(
                    f"{self.spec.name}: the schedule of {name} is a function, which no configuration can hold; expected a table "
                    "from steps to weights"
                )
            tables[name] = {str(step): weight for step, weight in schedule.items()}
        return {**super().config(), "schedules": tables, "step": self.step}

    def get_extra_state(self) -> dict[str, int]:
        """The step, for ``state_dict``."""
        return {"step": self.step}

    def set_extra_state(self, state: dict[str, int]) -> None:
        """Go on at the step that ``state_dict`` held."""
        self.set_step(int(state["step"]))


def scheduled(
    spec: LossSpec, parts: Sequence[Loss], schedules: Mapping[str, Schedule], reduction: str
) -> ScheduledLoss:
    """A composite at step 0 of the schedules of some weights."""
    for name, schedule in schedules.items():
        if isinstance(schedule, Mapping):
            _check_table(spec.name, name, schedule)
    loss = composed(spec, ScheduledLoss)(parts, reduction=reduction)
    assert isinstance(loss, ScheduledLoss)
    loss.schedules = {k: dict(sorted(s.items())) if isinstance(s, Mapping) else s for k, s in schedules.items()}
    return loss.set_step(0)


def _check_table(loss: str, name: str, table: Mapping[int, float]) -> None:
    steps = [*table]
    if any(isinstance(step, bool) or not isinstance(step, int) or step < 0 for step in steps) or 0 not in steps:
        raise ParameterError(
            f"{loss}: the table of {name} goes from steps to weights, whole numbers of at least 0, and says what holds at step "
            f"0, found the steps {', '.join(map(repr, steps)) or 'none'}"
        )


def _weight(loss: str, name: str, schedule: Schedule, step: int) -> float:
    """The weight at a step: of a table the last entry that is not later."""
    if isinstance(schedule, Mapping):
        steps = sorted(schedule)
        return float(schedule[steps[bisect_right(steps, step) - 1]])
    weight = schedule(step)
    try:
        return float(weight)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{loss}: the schedule of {name} must give a number at step {step}, found {weight!r}"
        ) from error
