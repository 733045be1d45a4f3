"""What benchmarks compare computes the same: a peer, or a graph, that gives another number times something else."""

from dataclasses import replace

import pytest
import torch
from benchmarks import graphs, inputs, pairs

import losskit


@pytest.mark.parametrize("name", pairs.PAIRS)
def test_a_peer_gives_the_value_of_the_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "ROWS", 64)
    pair = pairs.PAIRS[name]
    drawn = pair.inputs()
    loss = losskit.create(name, **pair.parameters)
    torch.testing.assert_close(pair.ours(loss, drawn), pair.peer(*drawn), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "neural_collapse_ufm", "two_hot", "wafbc"])
def test_a_graph_gives_the_value_and_the_gradients_of_the_loss(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "ROWS", 64)
    steps = graphs.steps_of(name)
    eager, graph = steps[graphs.EAGER](), steps[graphs.GRAPH]()
    found = tuple(torch.from_numpy(value.numpy()) for value in graph)
    torch.testing.assert_close(found, eager, rtol=1e-4, atol=1e-5)


def test_a_loss_without_a_graph_at_a_pairs_parameters_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "ROWS", 64)
    variability = replace(pairs.PAIRS["nc1_variability"], parameters={})
    monkeypatch.setitem(pairs.PAIRS, "nc1_variability", variability)
    assert graphs.has_graph("cross_entropy")
    assert not graphs.has_graph("nc1_variability")


def test_the_table_of_graphs_has_a_row_a_loss_and_marks_slow_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["graphs", "--rows", "64", "--repeats", "1", "mse", "mae"])
    monkeypatch.setattr(graphs, "LIMIT", 0.0)
    monkeypatch.setattr(inputs, "ROWS", 64)
    graphs.main()
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert [row.split(" | ")[0] for row in rows] == ["| mse", "| mae"]
    assert all(row.endswith("** |") for row in rows)
