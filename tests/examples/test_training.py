"""A linear model trained to convergence in Node.js by an exported graph ends where PyTorch ends."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch

import losskit
from losskit.export.runtimes.installation import npm_folder
from losskit.export.runtimes.table import kinds

PROGRAM = Path(__file__).parents[2] / "examples" / "training" / "train.mjs"
CLASSES, WIDTH, ROWS, DECAY = 3, 4, 60, 0.01


def trained_by_torch(name: str, features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The minimum of loss plus decay, in double precision by a second-order method."""
    weight = torch.zeros(CLASSES, WIDTH, dtype=torch.float64, requires_grad=True)
    loss = losskit.create(name)
    optimizer = torch.optim.LBFGS([weight], max_iter=500, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value: torch.Tensor = loss(features @ weight.T, target) + DECAY / 2 * weight.square().sum()
        value.backward()
        return value

    optimizer.step(closure)
    return weight.detach()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cross_entropy", "one_hot_mse"])
def test_a_model_trained_by_a_graph_in_node_reaches_the_weights_of_torch(name: str, tmp_path: Path) -> None:
    advice = kinds()["node"].advice()
    if advice and not os.environ.get("CI"):
        pytest.skip(f"runtime node: {advice}")
    random = torch.Generator().manual_seed(0)
    features = torch.randn(ROWS, WIDTH, dtype=torch.float64, generator=random)
    target = (features @ torch.randn(WIDTH, CLASSES, dtype=torch.float64, generator=random)).argmax(1)
    losskit.export(name, tmp_path / "graphs", grad=True, targets=["onnx"])
    task = {
        "features": features.tolist(), "target": target.tolist(), "classes": CLASSES,
        "decay": DECAY, "rate": 0.5, "steps": 4000,
    }  # fmt: skip
    (tmp_path / "data.json").write_text(json.dumps(task))
    places = [tmp_path / "graphs" / "model_with_grad.onnx", tmp_path / "data.json", tmp_path / "weights.json"]
    subprocess.run(["node", str(PROGRAM), str(npm_folder()), *map(str, places)], check=True)
    found = json.loads(places[-1].read_text())
    weight = torch.tensor(found["weight"], dtype=torch.float64).view(CLASSES, WIDTH)
    expected = trained_by_torch(name, features, target)
    assert expected.abs().max() > 0.3
    torch.testing.assert_close(weight, expected, rtol=0, atol=1e-4)
    value = losskit.create(name)(features @ expected.T, target).item()
    assert found["value"] == pytest.approx(value, rel=1e-5)
