"""Lightning: the loss is a submodule, and the trainer ends with the weights of a loop written by hand."""

import warnings

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import losskit

random = torch.Generator().manual_seed(0)
inputs = torch.randn(96, 8, generator=random)
labels = (inputs @ torch.randn(8, 3, generator=random)).argmax(1)
LOSS = {"name": "comp_sum", "parameters": {"tau": 1.5}}


class Classifier(lightning.LightningModule):
    """A linear classifier with any loss of the registry; the configuration is saved with its checkpoints."""

    def __init__(self, loss: dict[str, object], rate: float = 0.5) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.rate = rate
        self.scores = nn.Linear(8, 3)
        self.loss = losskit.from_config(loss)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """The mean loss of a batch."""
        points, classes = batch
        value: Tensor = self.loss(self.scores(points), classes)
        self.log("loss", value)
        return value

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=self.rate)


def by_hand(epochs: int) -> nn.Linear:
    """The same in plain PyTorch."""
    torch.manual_seed(0)
    model, loss = nn.Linear(8, 3), losskit.from_config(LOSS)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(epochs):
        for rows in torch.arange(len(inputs)).split(32):
            optimiser.zero_grad()
            loss(model(inputs[rows]), labels[rows]).backward()
            optimiser.step()
    return model


def main() -> None:
    """Train both ways."""
    warnings.filterwarnings("ignore", category=UserWarning)  # of few workers for so little data
    torch.manual_seed(0)
    module = Classifier(LOSS)
    trainer = lightning.Trainer(
        max_epochs=20, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, DataLoader(TensorDataset(inputs, labels), batch_size=32))
    for ours, theirs in zip(module.scores.parameters(), by_hand(20).parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    value = float(trainer.callback_metrics["loss"])
    assert value < 0.35, value
    print(f"{module.loss} is at {value:.3f}, with the weights of a plain loop")


if __name__ == "__main__":
    main()
