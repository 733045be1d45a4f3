"""What benchmarks compare computes the same: a peer that gives another number times something else."""

import pytest
import torch
from benchmarks import inputs, peers

import losskit


@pytest.mark.parametrize("name", [name for name in peers.PAIRS if name not in peers.OTHER_NUMBERS])
def test_a_peer_gives_the_value_of_the_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "ROWS", 64)
    pair = peers.PAIRS[name]
    drawn = pair.inputs()
    loss = losskit.create(name, **pair.parameters)
    torch.testing.assert_close(pair.ours(loss, drawn), pair.peer(*drawn), rtol=1e-4, atol=1e-5)
