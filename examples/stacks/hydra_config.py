"""Hydra: a loss is a group of the configuration, and its parameters are overrides of the command line.

::

    python -m examples.stacks.hydra_config
    python -m examples.stacks.hydra_config loss.tau=1.2
    python -m examples.stacks.hydra_config loss=weighted rate=0.1
"""

from pathlib import Path

import hydra
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn

import losskit

FOLDER = Path(__file__).with_name("conf")
random = torch.Generator().manual_seed(0)
inputs = torch.randn(90, 8, generator=random)
labels = (inputs @ torch.randn(8, 3, generator=random)).argmax(1)


def train(loss: nn.Module, rate: float, steps: int) -> list[float]:
    """The value at each step of a linear model."""
    torch.manual_seed(0)
    model = nn.Linear(8, 3)
    optimiser = torch.optim.SGD(model.parameters(), lr=rate)
    values = []
    for _ in range(steps):
        optimiser.zero_grad()
        value: Tensor = loss(model(inputs), labels)
        value.backward()
        optimiser.step()
        values.append(value.item())
    return values


@hydra.main(version_base="1.3", config_path=str(FOLDER), config_name="config")
def main(config: DictConfig) -> None:
    """Build the loss that the configuration names, and train with it."""
    loss = instantiate(config.loss)
    values = train(loss, config.rate, config.steps)
    assert values[-1] < 0.6 * values[0], values
    assert losskit.from_config(loss.config()).config() == loss.config()
    print(f"{loss} went from {values[0]:.3f} to {values[-1]:.3f}")


if __name__ == "__main__":
    main()
