"""DistributedDataParallel: every rank has a part of the batch, and the loss is that of the whole."""

import os
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import losskit
from losskit.plugins.distributed import AcrossRanks

RANKS, STEPS = 2, 20
random = torch.Generator().manual_seed(0)
inputs = torch.randn(20, 8, generator=random)
labels = torch.randint(0, 3, (20,), generator=random)
PARTS = (slice(0, 13), slice(13, 20))  # of unequal sizes, so a mean of means would be wrong


def train(model: nn.Module, loss: nn.Module, own: slice) -> float:
    """A few steps; the last value."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    value = torch.zeros(())
    for _ in range(STEPS):
        optimiser.zero_grad()
        value = loss(model(inputs[own]), labels[own])
        value.backward()
        optimiser.step()
    return value.item()


def start() -> nn.Module:
    """The same model on every rank."""
    torch.manual_seed(0)
    return nn.Linear(8, 4)


def rank(number: int, folder: str) -> None:
    """What each process does."""
    store = dist.FileStore(f"{folder}/store", RANKS)
    dist.init_process_group("gloo", store=store, rank=number, world_size=RANKS)
    model = DistributedDataParallel(start())
    loss = AcrossRanks(losskit.create("multi_similarity"))  # its pairs are gathered from all ranks, with gradients
    value = train(model, loss, PARTS[number])
    torch.save((value, model.module.state_dict()), f"{folder}/{number}.pt")
    dist.barrier()
    dist.destroy_process_group()
    os._exit(0)  # threads of gloo may still run in the destructors, and would end the process with an abort


def main() -> None:
    """Compare with one process that has the whole batch."""
    model = start()
    value = train(model, losskit.create("multi_similarity"), slice(None))
    expected: dict[str, Tensor] = model.state_dict()
    with tempfile.TemporaryDirectory() as folder:
        processes.spawn(rank, (folder,), nprocs=RANKS)
        for number in range(RANKS):
            theirs, weights = torch.load(Path(folder) / f"{number}.pt")
            assert abs(theirs - value) < 1e-5, (theirs, value)
            torch.testing.assert_close(weights, dict(expected), rtol=0, atol=1e-5)
    print(f"multi_similarity is at {value:.4f} on {RANKS} ranks and on one, with the same weights")


if __name__ == "__main__":
    main()
