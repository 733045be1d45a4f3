from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import losskit
from losskit.cli import abreast
from losskit.conformance.comparison import cost
from losskit.conformance.pictures import beside
from losskit.conformance.pictures.beside import PLACES, table
from losskit.spec import LossSpec
from losskit.spec.errors import PictureError

Invoke = Callable[..., Any]


def page(result: Any) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_claims_stand_side_by_side(invoke: Invoke) -> None:
    lines = page(invoke("compare", "mse", "mae", "huber", "--no-cost"))
    assert lines[0] == "mse, mae and huber"
    assert "TriangleInequality(a=input, b=target) fails holds fails" in lines
    assert any(
        line.startswith("Lipschitz(on=input) fails holds with constant 1 holds with constant delta") for line in lines
    )
    assert "RESIDUAL MSE SLOPE OF MSE MAE SLOPE OF MAE HUBER SLOPE OF HUBER" in lines
    assert "-4 16 -8 4 -1 3.5 -1" in lines
    assert "Cost, forward and backward" not in lines


def test_differences_leave_out_what_is_alike() -> None:
    specs = [losskit.get("mse"), losskit.get("huber")]
    every, some = abreast.claims(specs), abreast.claims(specs, differences=True)
    assert {row.title for row in every} - {row.title for row in some} >= {"NonNegative", "Convex(on=input + target)"}
    assert not any(row.alike for row in some)


def test_every_claim_has_its_cell() -> None:
    specs = [losskit.get(name) for name in ("comp_sum", "dice", "dpo")]
    told = [c["claim"] for row in abreast.claims(specs) for claims in row.data()["losses"].values() for c in claims]
    made = [str(c) for spec in specs for c in spec.claims if c.property.kind != "ReducesTo"]
    assert sorted(told) == sorted(made)


def test_parameters_belong_to_a_loss(invoke: Invoke) -> None:
    lines = page(invoke("compare", "mse", "huber", "--param", "huber:delta=2", "--no-cost"))
    assert "parameters none delta=2" in lines
    assert "-4 16 -8 6 -2" in lines


def test_losses_of_different_tasks_say_what_is_left_out(invoke: Invoke) -> None:
    text = " ".join(page(invoke("compare", "mse", "dice")))
    assert "of different tasks (regression, segmentation)" in text
    assert "Values are not compared" in text
    assert "Cost is not compared: the losses do not take the same inputs." in text


def test_binary_and_multiclass_losses_share_the_margin_of_two_classes(invoke: Invoke) -> None:
    found = json.loads(invoke("compare", "logistic", "cross_entropy", "--no-cost", "--json").stdout)
    logistic, softmax = (found["values"]["losses"][name] for name in ("logistic", "cross_entropy"))
    assert found["values"]["along"] == "margin"
    assert logistic["values"] == pytest.approx(softmax["values"])
    assert logistic["slopes"] == pytest.approx([-1 / (1 + math.exp(x)) for x in PLACES])
    assert found["cost"] is None


def test_a_coupled_loss_has_no_line_with_one_of_single_samples() -> None:
    with pytest.raises(PictureError, match="no line to draw these losses along together"):
        table([(losskit.get("dice"), {}), (losskit.get("mse"), {})])
    assert table([(losskit.get("hinge"), {})]).curves["hinge"].values[PLACES.index(0.0)] == 1.0


def test_one_score_and_two_classes_are_drawn_along_one_margin() -> None:
    losses: list[tuple[LossSpec, dict[str, Any]]] = [
        (losskit.get("logistic"), {}),
        (losskit.get("cross_entropy"), {}),
    ]
    (row,) = beside(losses).rows
    torch.testing.assert_close(row.lines[0].value, row.lines[1].value)
    assert row.axis.startswith("margin")


def test_cost_is_measured_in_turns_on_the_same_inputs(invoke: Invoke) -> None:
    found = json.loads(invoke("compare", "mse", "mae", "--json").stdout)["cost"]
    assert found["shapes"] == {"input": [4096], "target": [4096]}
    assert found["losses"]["mse"]["ratio"] == [1.0, 1.0, 1.0]
    least, middle, most = found["losses"]["mae"]["ratio"]
    assert 0 < least <= middle <= most


def test_what_forward_keeps_is_counted() -> None:
    found, _ = cost({"cross_entropy": (losskit.get("cross_entropy"), {})})
    assert found["cross_entropy"].kept >= 4096 * 100 * 4  # the log-probabilities


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mse",), "two to 4 different losses"),
        (("mse", "mse"), "two to 4 different losses"),
        (("mse", "hubr"), "did you mean huber"),
        (("mse", "huber", "--param", "delta=2"), "--param is LOSS:NAME=VALUE"),
        (("mse", "huber", "--param", "huber:delt=2"), "huber has no parameter 'delt'"),
    ],
)
def test_a_wrong_question_has_status_2(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    result = invoke("compare", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_losses_are_drawn_into_one_picture(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "regression.svg"
    result = invoke("compare", "mse", "mae", "huber", "--param", "huber:delta=2", "--no-cost", "--plot", str(file))
    assert result.exit_code == 0, result.stderr
    assert "value and slope along" in result.stderr
    drawn = file.read_text(encoding="utf-8")
    assert all(name in drawn for name in ("mse", "mae", "huber"))
    shown = beside([(losskit.get("mse"), {}), (losskit.get("huber"), {"delta": 2.0})])
    for line in shown.rows[0].lines:
        loss = losskit.create(line.label, reduction="none", **line.parameters)
        (data,) = line.data()
        torch.testing.assert_close(line.value, loss(*data.values()))


def test_what_cannot_be_drawn_together_says_so(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("compare", "mse", "dpo", "--no-cost", "--plot", str(tmp_path / "both.svg"))
    assert result.exit_code == 3
    assert "no line to draw these losses along together" in result.stderr
    assert not list(tmp_path.iterdir())
    assert invoke("compare", "mse", "mae", "--plot", str(tmp_path / "both.pdf")).exit_code == 2
