"""The Trainer of transformers: a loss through its hook, right with accumulated gradients and labels that are ignored."""

import tempfile
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments

import losskit

STEPS, CLASSES, IGNORED = 30, 5, -100
random = torch.Generator().manual_seed(0)
tokens = torch.randint(0, 20, (24, 6), generator=random)
labels = torch.where(torch.rand(24, 6, generator=random) < 0.3, IGNORED, tokens % CLASSES)
loss = losskit.create("cross_entropy", reduction="sum", ignore_index=IGNORED)


class Tagger(nn.Module):
    """A class for every token; a model of transformers returns its logits in the same way."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.scores = nn.Embedding(20, 8), nn.Linear(8, CLASSES)

    def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
        """Scores, shape (sentences, tokens, classes)."""
        return {"logits": self.scores(self.embedding(input_ids))}


class Sentences(Dataset[dict[str, Tensor]]):
    """Tokens with a label each."""

    def __len__(self) -> int:
        return len(tokens)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"input_ids": tokens[index], "labels": labels[index]}


def hook(outputs: dict[str, Tensor], labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
    """The mean over every label that counts in all parts of an accumulated batch."""
    count = (labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
    value: Tensor = loss(outputs["logits"].flatten(0, 1), labels.flatten())
    return value / count


def start() -> tuple[nn.Module, torch.optim.Optimizer]:
    """The same model every time."""
    torch.manual_seed(0)
    model = Tagger()
    return model, torch.optim.SGD(model.parameters(), lr=0.5)


def by_hand() -> nn.Module:
    """Steps of all sentences at once, in plain PyTorch."""
    model, optimiser = start()
    for _ in range(STEPS):
        optimiser.zero_grad()
        hook(model(tokens), labels).backward()
        optimiser.step()
    return model


def main() -> None:
    """Train with three parts a step, and compare."""
    model, optimiser = start()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, use_cpu=True, max_steps=STEPS, per_device_train_batch_size=8, gradient_accumulation_steps=3,
            max_grad_norm=0, label_names=["labels"],  # which this model, unlike those of transformers, does not take itself
            save_strategy="no", logging_strategy="no", report_to=[], disable_tqdm=True,
        )  # fmt: skip
        constant = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda _: 1.0)
        trainer = Trainer(
            model, arguments, train_dataset=Sentences(), compute_loss_func=hook, optimizers=(optimiser, constant)
        )
        result = trainer.train()
    for ours, theirs in zip(model.parameters(), by_hand().parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    value = hook(model(tokens), labels).item()
    assert value < 1.0, value
    print(f"cross_entropy is at {value:.3f} after {result.global_step} steps, with the weights of whole batches")


if __name__ == "__main__":
    main()
