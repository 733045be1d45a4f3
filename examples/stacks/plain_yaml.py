"""A YAML file without a framework: read it, build the loss, and write what was built."""

from pathlib import Path

import torch
import yaml

import losskit
from losskit import LosskitError

FILE = Path(__file__).with_name("loss.yaml")


def main() -> None:
    """There and back, and what a mistake in the file looks like."""
    config = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    loss = losskit.from_config(config)
    assert yaml.safe_load(yaml.safe_dump(loss.config())) == config

    logits = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    value = loss(logits, torch.tensor([0]))
    value.backward()
    assert value.item() == losskit.create("comp_sum", tau=1.5)(logits, torch.tensor([0])).item() > 0
    assert logits.grad is not None
    assert logits.grad[0, 0] < 0 < logits.grad[0, 1]

    mistakes = ({"parameters": {"tau": -1}}, {"name": "comp_sums"}, {"tau": 1.5})
    for mistake in mistakes:
        try:
            losskit.from_config({**config, **mistake})
        except LosskitError as error:
            print(error)
        else:
            raise AssertionError(f"{mistake} was not refused")


if __name__ == "__main__":
    main()
