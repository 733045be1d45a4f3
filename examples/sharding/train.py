"""Two processes, one batch in unequal parts: the gradients are those of one process with the whole batch.

``python -m examples.sharding.train`` starts both processes and says what it found.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import losskit
from losskit.plugins.distributed import AcrossRanks

LENGTHS = (6, 2)  # rows of each process
LOSSES = ("cross_entropy", "multi_similarity")
EXACT = 1e-12


def batch() -> tuple[Tensor, Tensor]:
    """Rows and labels of the whole batch, the same in every process."""
    rows = torch.randn(sum(LENGTHS), 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return rows, torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])


def model() -> nn.Linear:
    """A linear model, the same in every process."""
    torch.manual_seed(1)
    return nn.Linear(5, 3, dtype=torch.float64)


def slopes(name: str, rows: Tensor, labels: Tensor, *, distributed: bool) -> list[Tensor]:
    """Gradients of the parameters after one backward pass."""
    own: nn.Module = DistributedDataParallel(model()) if distributed else model()
    loss = AcrossRanks(losskit.create(name))
    loss(own(rows), labels).backward()
    return [parameter.grad for parameter in own.parameters() if parameter.grad is not None]


def train(rank: int, folder: str) -> None:
    """One process: its rows of the batch, and gradients to a file."""
    dist.init_process_group(
        "gloo", store=dist.FileStore(f"{folder}/store", len(LENGTHS)), rank=rank, world_size=len(LENGTHS)
    )
    begin = sum(LENGTHS[:rank])
    own = slice(begin, begin + LENGTHS[rank])
    rows, labels = batch()
    found = {name: slopes(name, rows[own], labels[own], distributed=True) for name in LOSSES}
    torch.save(found, f"{folder}/{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()
    os._exit(0)  # not through the destructors: gloo's threads may still run then, and end the process with an abort


def compare() -> dict[str, float]:
    """For each loss the largest difference between the gradients of the processes and those of the whole batch."""
    with tempfile.TemporaryDirectory() as folder:
        processes.spawn(train, (folder,), nprocs=len(LENGTHS))
        found = [torch.load(Path(folder) / f"{rank}.pt") for rank in range(len(LENGTHS))]
    worst = {}
    for name in LOSSES:
        wanted = slopes(name, *batch(), distributed=False)
        worst[name] = max(
            float((mine - whole).abs().amax()) for rank in found for mine, whole in zip(rank[name], wanted, strict=True)
        )
    return worst


def main() -> int:
    """Say what was found; 1 where a gradient differs."""
    worst = compare()
    for name, difference in worst.items():
        same = difference <= EXACT
        told = f"are those of the whole batch, to {EXACT:g}" if same else f"differ by {difference:.1g}"
        print(f"{name}: gradients of {len(LENGTHS)} processes {told}")
    return int(max(worst.values()) > EXACT)


if __name__ == "__main__":
    sys.exit(main())
