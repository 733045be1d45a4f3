"""What benchmarks compare computes the same: a peer that gives another number times something else."""

import pytest
import torch
from benchmarks import peers

import losskit


@pytest.mark.parametrize("name", [name for name in peers.PAIRS if name not in peers.OTHER_NUMBERS])
def test_a_peer_gives_the_value_of_the_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ROWS", 64)
    pair = peers.PAIRS[name]
    inputs = pair.inputs()
    loss = losskit.create(name, **pair.parameters)
    torch.testing.assert_close(pair.ours(loss, inputs), pair.peer(*inputs), rtol=1e-4, atol=1e-5)
