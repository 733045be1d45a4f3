"""A loss across ranks as people use it: alone in one process, and around a model in DistributedDataParallel."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import losskit
from losskit.plugins.distributed import AcrossRanks
from losskit.spec.errors import InputError, InputTypeError, ParameterError

X = torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2, 0])
LENGTHS = (4, 0, 3)
LOSSES: list[tuple[str, dict[str, Any]]] = [("cross_entropy", {}), ("multi_similarity", {"mining": False})]


def _model() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(5, 3, dtype=torch.float64)


def _gradient(model: nn.Module) -> list[Tensor]:
    return [p.grad.clone() for p in model.parameters() if p.grad is not None]


def _train(rank: int, folder: str) -> None:
    """One rank: a backward pass for each loss, then parts that do not go together; what it found goes to a file."""
    store = dist.FileStore(f"{folder}/store", len(LENGTHS))
    dist.init_process_group("gloo", store=store, rank=rank, world_size=len(LENGTHS))
    begin = sum(LENGTHS[:rank])
    own = slice(begin, begin + LENGTHS[rank])
    found: list[Any] = []
    for name, parameters in LOSSES:
        model = DistributedDataParallel(_model())
        value = AcrossRanks(losskit.create(name, **parameters))(model(X[own]), Y[own])
        value.backward()
        found.append((value.detach(), _gradient(model)))
    try:
        AcrossRanks(losskit.create("multi_similarity"))(X[own, : 4 + rank % 2], Y[own])
    except InputError as error:
        found.append(str(error))
    torch.save(found, f"{folder}/{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()
    os._exit(0)  # not through the destructors: gloo's threads may still run then, and end the process with an abort


def test_a_model_in_ddp_gets_the_gradient_of_the_whole_batch() -> None:
    with tempfile.TemporaryDirectory() as folder:
        processes.spawn(_train, (folder,), nprocs=len(LENGTHS))
        found = [torch.load(Path(folder) / f"{rank}.pt") for rank in range(len(LENGTHS))]
    for place, (name, parameters) in enumerate(LOSSES):
        model = _model()
        value = losskit.create(name, **parameters)(model(X), Y)
        value.backward()
        for rank in range(len(LENGTHS)):
            theirs, gradients = found[rank][place]
            torch.testing.assert_close(theirs, value.detach(), rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(gradients, _gradient(model), rtol=1e-12, atol=1e-12)
    told = {answers[-1] for answers in found}
    assert told == {
        "multi_similarity: input embeddings must have the same axes on every rank but axis 0, "
        "found (4, 4) and (0, 5) and (3, 4)"
    }


def test_without_a_process_group_it_is_the_loss_itself() -> None:
    loss = losskit.create("cross_entropy")
    scores = X[:, :3]
    assert torch.equal(AcrossRanks(loss)(scores, Y), loss(scores, Y))
    assert torch.equal(
        AcrossRanks(loss)(scores, target=Y, sample_weight=scores[:, 0].abs()), loss(scores, Y, scores[:, 0].abs())
    )


@pytest.mark.parametrize(
    ("name", "parameters", "word"),
    [
        ("cross_entropy", {}, "adds sums"),
        ("cross_entropy", {"class_weights": [1.0, 2.0, 3.0]}, "adds sums"),
        ("dice", {}, "adds sums"),
        ("dice", {"batch": True}, "gathers inputs"),
        ("linear_cross_entropy", {}, "adds sums"),
        ("linear_cross_entropy", {"shift": 1}, "gathers inputs"),
        ("mann_whitney", {}, "gathers inputs"),
        ("multi_similarity", {}, "gathers inputs"),
    ],
)
def test_what_is_exchanged_follows_from_the_spec(name: str, parameters: dict[str, Any], word: str) -> None:
    assert word in repr(AcrossRanks(losskit.create(name, **parameters)))


def test_a_value_for_each_row_needs_no_exchange() -> None:
    with pytest.raises(ParameterError, match="must be mean or sum, found 'none'"):
        AcrossRanks(losskit.create("cross_entropy", reduction="none"))


def test_too_many_inputs_are_refused() -> None:
    with pytest.raises(InputTypeError, match="takes 2 inputs, found 3"):
        AcrossRanks(losskit.create("comp_sum"))(X, Y, Y)
