"""torch.compile of model and loss as one graph: value and gradients are those of eager mode."""

import sys

import torch
from torch import Tensor, nn

import losskit

BACKEND = "inductor"  # what torch.compile takes when nothing is said; needs a C++ compiler


class Objective(nn.Module):
    """A model with its loss, so that both become one graph."""

    def __init__(self, model: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch."""
        value: Tensor = self.loss(self.model(inputs), labels)
        return value


def backward(objective: nn.Module, inputs: Tensor, labels: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The value and every gradient."""
    objective.zero_grad()
    value: Tensor = objective(inputs, labels)
    value.backward()
    return value.detach(), [p.grad.clone() for p in objective.parameters() if p.grad is not None]


def main(backend: str = BACKEND) -> None:
    """Compare at two sizes of the batch."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))
    objective = Objective(model, losskit.create("comp_sum", tau=1.5))
    compiled = torch.compile(objective, fullgraph=True, dynamic=True, backend=backend)
    for size, stance in ((32, "default"), (20, "fail_on_recompile")):
        inputs, labels = torch.randn(size, 8), torch.randint(0, 3, (size,))
        value, gradients = backward(objective, inputs, labels)
        with torch.compiler.set_stance(stance):
            again, others = backward(compiled, inputs, labels)
        torch.testing.assert_close(again, value, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(others, gradients, rtol=1e-5, atol=1e-6)
        assert len(gradients) == 4
    print(f"one graph of model and loss with {backend}, equal to eager mode in value and gradients at two sizes")


if __name__ == "__main__":
    main(*sys.argv[1:])
