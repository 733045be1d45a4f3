"""A loss in the stacks that people train with: every program runs to its own assertions."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "stacks"
PROGRAMS = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
SAID = {
    "plain": "accumulated gradients end with the same weights",
    "plain_yaml": "comp_sum: parameter tau must be in [0, inf), found -1",
    "compiled": "one graph of model and loss with inductor, equal to eager mode",
    "ddp": "on 2 ranks and on one, with the same weights",
    "lightning_module": "with the weights of a plain loop",
    "transformers_trainer": "with the weights of whole batches",
}
missing = [name for name in ("lightning", "transformers", "accelerate", "hydra") if find_spec(name) is None]
if missing:
    raise ModuleNotFoundError(
        f"the examples of stacks need {', '.join(missing)}: pip install -c constraints.txt -e '.[stacks]'"
    )


def program(name: str) -> Any:
    return importlib.import_module(f"examples.stacks.{name}")


@pytest.mark.slow
@pytest.mark.parametrize("name", SAID)
def test_a_program_runs_to_its_end(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    program(name).main()
    assert SAID[name] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([], "CompSumLoss(tau=1.5, reduction='mean') went from"),
        (["loss.tau=1.2"], "CompSumLoss(tau=1.2, reduction='mean') went from"),
        (["loss=weighted", "rate=0.1"], "CrossEntropyLoss(class_weights=(1.0, 2.0, 4.0), reduction='mean') went from"),
    ],
)
def test_hydra_builds_the_loss_that_the_command_line_names(
    overrides: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main = program("hydra_config").main
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hydra_config", *overrides])
    main()
    assert said in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_parameter_in_a_hydra_configuration_is_one_sentence() -> None:
    instantiate = importlib.import_module("hydra.utils").instantiate
    error = importlib.import_module("hydra.errors").InstantiationException
    config = yaml.safe_load((FOLDER / "conf" / "loss" / "robust.yaml").read_text(encoding="utf-8"))
    with pytest.raises(error, match=r"comp_sum: parameter tau must be in \[0, inf\), found -1"):
        instantiate({**config, "tau": -1})


def test_every_program_has_a_test() -> None:
    assert {*SAID, "hydra_config"} == PROGRAMS
