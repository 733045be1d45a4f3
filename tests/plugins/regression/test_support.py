"""What the specs of losses on a support cannot express: facts about the target's shares, read off the gradient."""

import pytest
import torch
from torch import Tensor

import losskit
from losskit.spec.errors import InputError

LOW, HIGH, COUNT = -2.0, 3.0, 6
LOCATIONS = torch.linspace(LOW, HIGH, COUNT, dtype=torch.float64)
SUPPORT = {"min_value": LOW, "max_value": HIGH}


def shares(name: str, *target: Tensor, **parameters: float) -> Tensor:
    """The target distribution, which is the softmax less the gradient."""
    logits = torch.zeros(len(target[0]), COUNT, dtype=torch.float64, requires_grad=True)
    losskit.create(name, reduction="sum", **{**SUPPORT, **parameters})(logits, *target).backward()
    assert logits.grad is not None
    return 1 / COUNT - logits.grad


def bellman(rows: int, reach: float) -> tuple[Tensor, Tensor, Tensor]:
    """Distributions, rewards within ``reach`` and discounts."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(rows, COUNT + 2, generator=generator, dtype=torch.float64)
    probabilities = noise[:, :COUNT] / noise[:, :COUNT].sum(1, keepdim=True)
    return probabilities, (2 * noise[:, COUNT] - 1) * reach, noise[:, COUNT + 1]


def test_the_mean_of_the_split_is_the_target() -> None:
    target = torch.tensor([-2.0, -1.3, 0.0, 0.75, 2.999, 3.0, 7.0, -9.0], dtype=torch.float64)
    found = shares("two_hot", target)
    torch.testing.assert_close(found @ LOCATIONS, target.clamp(LOW, HIGH))
    assert ((found > 1e-12).sum(1) <= 2).all()
    torch.testing.assert_close(found.sum(1), torch.ones(8, dtype=torch.float64))


def test_the_mirrored_target_has_the_mirrored_split() -> None:
    target = torch.tensor([-1.3, 0.75, 2.0], dtype=torch.float64)
    mirrored = shares("two_hot", -target, min_value=-HIGH, max_value=-LOW)
    torch.testing.assert_close(mirrored.flip(1), shares("two_hot", target))


def test_the_projection_keeps_the_mean_where_no_atom_is_clipped() -> None:
    probabilities, reward, discount = bellman(200, 1.0)
    free = (reward + discount * LOW >= LOW) & (reward + discount * HIGH <= HIGH)
    found = shares("categorical_projection", probabilities, reward, discount)
    wanted = reward + discount * (probabilities @ LOCATIONS)
    assert 50 < free.sum() < 200
    torch.testing.assert_close((found @ LOCATIONS)[free], wanted[free])
    torch.testing.assert_close(found.sum(1), torch.ones(200, dtype=torch.float64))


def test_the_projection_is_linear_in_the_distribution() -> None:
    one, reward, discount = bellman(20, 4.0)
    other = one.flip(0)
    mixed, *ends = (
        shares("categorical_projection", p, reward, discount) for p in (0.3 * one + 0.7 * other, one, other)
    )
    torch.testing.assert_close(mixed, 0.3 * ends[0] + 0.7 * ends[1])


def test_an_atom_on_a_location_keeps_its_mass() -> None:
    probabilities, reward, discount = torch.eye(COUNT, dtype=torch.float64), torch.zeros(COUNT), torch.ones(COUNT)
    found = shares("categorical_projection", probabilities, reward.double(), discount.double())
    torch.testing.assert_close(found, probabilities)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_distributions_are_taken_in_their_own_and_in_wider_dtypes(dtype: torch.dtype) -> None:
    probabilities, reward, discount = bellman(50, 1.0)
    rounded = probabilities.to(dtype)
    loss = losskit.create("categorical_projection", min_value=LOW, max_value=HIGH)
    for taken in (rounded, rounded.float(), rounded.double()):
        assert loss(torch.zeros(50, COUNT), taken, reward, discount).isfinite()


def test_a_row_that_does_not_sum_to_one_is_refused_with_its_sum_and_index() -> None:
    probabilities, reward, discount = bellman(3, 1.0)
    probabilities[1] = torch.tensor([0.25, 0.5, 0.5, 0.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"input next_probs must hold rows that sum to 1, found 1\.25 at index 1"):
        losskit.create("categorical_projection")(torch.zeros(3, COUNT), probabilities, reward, discount)


@pytest.mark.parametrize("name", ["two_hot", "categorical_projection"])
def test_one_location_is_refused_by_name(name: str) -> None:
    one = (torch.ones(2, 1), torch.zeros(2), torch.zeros(2))
    inputs = one[1:2] if name == "two_hot" else one
    with pytest.raises(InputError, match="input logits must have K >= 2, found K = 1"):
        losskit.create(name)(torch.zeros(2, 1), *inputs)
