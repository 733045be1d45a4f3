"""Plain PyTorch, in whole batches and with accumulated gradients: both end with the same weights."""

import torch
from torch import Tensor, nn

import losskit

random = torch.Generator().manual_seed(0)
inputs = torch.randn(90, 8, generator=random)
labels = (inputs @ torch.randn(8, 3, generator=random)).argmax(1)


def start() -> tuple[nn.Module, torch.optim.Optimizer]:
    """The same model every time."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))
    return model, torch.optim.SGD(model.parameters(), lr=0.5)


def whole(steps: int) -> tuple[nn.Module, list[float]]:
    """Every step sees all the data at once."""
    model, optimiser = start()
    loss = losskit.create("comp_sum", tau=1.5)
    values = []
    for _ in range(steps):
        optimiser.zero_grad()
        value: Tensor = loss(model(inputs), labels)
        value.backward()
        optimiser.step()
        values.append(value.item())
    return model, values


def accumulated(steps: int) -> nn.Module:
    """Every step sees the data in parts of 40, 40 and 10; the mean of their means would weigh the last part four times."""
    model, optimiser = start()
    loss = losskit.create("comp_sum", tau=1.5, reduction="sum_count")
    for _ in range(steps):
        optimiser.zero_grad()
        seen = torch.zeros(())
        for rows in torch.arange(len(inputs)).split(40):
            total, count = loss(model(inputs[rows]), labels[rows])
            total.backward()
            seen += count
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.grad /= seen
        optimiser.step()
    return model


def main() -> None:
    """Train both ways."""
    model, values = whole(100)
    assert values[-1] < 0.5 * values[0], values
    for ours, theirs in zip(model.parameters(), accumulated(100).parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    print(f"comp_sum went from {values[0]:.3f} to {values[-1]:.3f}; accumulated gradients end with the same weights")


if __name__ == "__main__":
    main()
