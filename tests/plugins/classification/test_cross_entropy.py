"""Cross-entropy: the mean's divisor and gradients at infinite scores, which claims about single rows do not reach."""

import pytest
import torch

import losskit

LOGITS = torch.tensor([[1.2, -0.3, 0.5], [0.1, 2.0, -1.0], [0.4, 0.0, 3.0], [-2.0, 1.0, 0.2]], dtype=torch.float64)
TARGET = torch.tensor([0, 2, -100, 1])


@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 4.0]])
def test_the_mean_is_the_frameworks(weights: list[float] | None, smoothing: float) -> None:
    tensor = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    ours = losskit.create("cross_entropy", class_weights=weights, label_smoothing=smoothing)
    theirs = torch.nn.CrossEntropyLoss(weight=tensor, label_smoothing=smoothing)
    torch.testing.assert_close(ours(LOGITS, TARGET), theirs(LOGITS, TARGET), rtol=1e-14, atol=0)


def test_a_class_ruled_out_leaves_the_gradient_of_the_others() -> None:
    scores = torch.tensor([[-torch.inf, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    losskit.create("cross_entropy")(scores, torch.tensor([1])).backward()
    assert scores.grad is not None
    assert scores.grad.tolist() == [[0.0, -0.5, 0.5]]


def test_class_weights_follow_the_module_and_stay_out_of_its_state() -> None:
    loss = losskit.create("cross_entropy", class_weights=[1.0, 2.0, 3.0])
    assert [name for name, _ in loss.named_buffers()] == ["class_weights"]
    assert loss.state_dict() == {}
    assert loss(LOGITS.float(), TARGET).dtype == torch.float32
