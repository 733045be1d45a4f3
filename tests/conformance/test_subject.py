"""One pass through a loss: values, gradients and noise belong together, and each input has its own share."""

from __future__ import annotations

from random import Random

import pytest
import torch

from losskit import get, names
from losskit.conformance.search.inputs import MILD, draw
from losskit.conformance.subject import Data, Subject
from losskit.spec.coupling import batch_symbol

ROWS = {
    "logits": torch.tensor([[1.2, -0.3, 0.5], [0.1, 2.0, -1.0]], dtype=torch.float64),
    "target": torch.tensor([0, 2]),
}
PAIRS = {
    f"{which}_{side}_logps": torch.tensor(values, dtype=torch.float64)
    for (which, side), values in {
        ("policy", "chosen"): [-1.0, -2.0],
        ("policy", "rejected"): [-1.5, -1.0],
        ("reference", "chosen"): [-1.2, -1.9],
        ("reference", "rejected"): [-1.1, -1.3],
    }.items()
}


def test_a_reading_holds_the_values_and_their_gradients() -> None:
    subject = Subject(get("cross_entropy"), {})
    found = subject.read(ROWS)
    label = torch.nn.functional.one_hot(ROWS["target"], 3)
    slopes = torch.softmax(ROWS["logits"], 1) - label
    torch.testing.assert_close(found.value, subject.value(ROWS))
    torch.testing.assert_close(found.gradients["logits"], slopes)
    wanted = 64 * torch.finfo(torch.float64).eps * (slopes * ROWS["logits"]).abs().sum(1)
    torch.testing.assert_close(found.noise, wanted, rtol=1e-9, atol=0)
    assert not found.entries.requires_grad


def test_values_keep_the_graph_of_inputs_that_have_one() -> None:
    subject = Subject(get("comp_sum"), {"tau": 0.5})
    leaf = ROWS["logits"].clone().requires_grad_()
    found = subject.read({**ROWS, "logits": leaf + 1.0}, create_graph=True)
    (slope,) = torch.autograd.grad(found.value.sum(), leaf, retain_graph=True)
    torch.testing.assert_close(slope, found.gradients["logits"])
    (curvature,) = torch.autograd.grad(found.gradients["logits"].square().sum(), leaf)
    assert bool((curvature != 0).any())


def test_no_gradient_flows_to_a_target_that_the_loss_detaches() -> None:
    rows = {"logits": ROWS["logits"], "target": torch.tensor([0.3, -1.2], dtype=torch.float64)}
    found = Subject(get("two_hot"), {"min_value": -2.0, "max_value": 2.0}).read(rows, ("target",))
    assert found.gradients["target"].tolist() == found.noise.tolist() == [0.0, 0.0]


def test_an_input_made_from_another_has_its_own_share() -> None:
    chosen = PAIRS["policy_chosen_logps"].clone().requires_grad_()
    subject = Subject(get("dpo"), {})
    apart = subject.read(PAIRS).gradients["policy_chosen_logps"]
    together: Data = {**PAIRS, "policy_chosen_logps": chosen, "policy_rejected_logps": chosen - chosen.detach()}
    together["policy_rejected_logps"] = together["policy_rejected_logps"] + PAIRS["policy_rejected_logps"]
    torch.testing.assert_close(subject.read(together).gradients["policy_chosen_logps"].detach(), apart)


@pytest.mark.parametrize("name", names())
def test_cases_are_counted_without_the_loss(name: str) -> None:
    subject = Subject(get(name), {})
    symbols = [s for s in subject.spec.symbols() if not s.startswith("*") and s != batch_symbol(subject.spec)]
    data = draw(subject, dict.fromkeys(symbols, 3), 5, Random(1), MILD)
    assert subject.cases(data) == len(subject.value(data))
