"""Weights that change from step to step."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch._dynamo.testing import CompileCounter

import losskit
from losskit.plugins.scheduled import ScheduledLoss
from losskit.spec.errors import ParameterError

X = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 1])
TABLE = {0: 0.0, 10: 0.5, 20: 1.0}


def _loss(schedule: Any) -> ScheduledLoss:
    loss = losskit.compose({"cross_entropy": 1.0, "focal": schedule})
    assert isinstance(loss, ScheduledLoss)
    return loss


def _wanted(weight: float) -> torch.Tensor:
    value: torch.Tensor = losskit.create("cross_entropy")(X, Y) + weight * losskit.create("focal")(X, Y)
    return value


@pytest.mark.parametrize(("step", "weight"), [(0, 0.0), (9, 0.0), (10, 0.5), (19, 0.5), (20, 1.0), (999, 1.0)])
def test_an_entry_of_a_table_holds_until_the_next(step: int, weight: float) -> None:
    torch.testing.assert_close(_loss(TABLE).set_step(step)(X, Y), _wanted(weight))


def test_a_function_of_the_step() -> None:
    loss = _loss(lambda step: min(step / 10, 1.0))
    assert loss.step == 0
    torch.testing.assert_close(loss.set_step(3)(X, Y), _wanted(0.3))


def test_a_checkpoint_goes_on_at_its_step() -> None:
    loss, other = _loss(TABLE).set_step(12), _loss(TABLE)
    other.load_state_dict(json.loads(json.dumps(loss.state_dict())))
    assert other.step == 12
    torch.testing.assert_close(other(X, Y), _wanted(0.5))


def test_a_configuration_holds_tables_and_the_step() -> None:
    loss = _loss(TABLE).set_step(12)
    again = losskit.from_config(json.loads(json.dumps(loss.config())))
    assert isinstance(again, ScheduledLoss)
    torch.testing.assert_close(again(X, Y), _wanted(0.5))
    torch.testing.assert_close(again.set_step(20)(X, Y), _wanted(1.0))


def test_a_function_has_no_configuration() -> None:
    with pytest.raises(ParameterError, match=r"schedule of weight_focal is a function.*expected a table"):
        _loss(float).config()


def test_a_compiled_loss_takes_the_weight_as_an_input_after_the_first_change() -> None:
    torch._dynamo.reset()
    counter = CompileCounter()
    loss = _loss(lambda step: 0.5 + step / 10)
    compiled = torch.compile(loss, backend=counter, fullgraph=True)
    for step in range(8):
        loss.set_step(step)
        torch.testing.assert_close(compiled(X, Y), _wanted(0.5 + step / 10))
    assert counter.frame_count <= 3


@pytest.mark.parametrize(
    ("schedule", "step", "words"),
    [
        ({5: 1.0}, 0, r"table of weight_focal.*step 0, found the steps 5"),
        ({0: 1.0, -1: 2.0}, 0, r"table of weight_focal.*found the steps 0, -1"),
        ({0: 1.0, 3: -1.0}, 3, r"weight_focal must be in \[0, inf\), found -1"),
        (lambda _: "much", 0, r"schedule of weight_focal must give a number at step 0, found 'much'"),
        (TABLE, -1, r"step must be a whole number of at least 0, found -1"),
    ],
)
def test_a_wrong_schedule_is_refused(schedule: Any, step: int, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        _loss(schedule).set_step(step)
