"""Sorting by integers gives what sorting the numbers gives, ties, zeros of both signs and not-a-number included."""

import pytest
import torch

from losskit.plugins.ops.ordering import ascending


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
@pytest.mark.parametrize(
    "special", [[], [0.0, -0.0, 0.0, -0.0], [1e-45, -1e-45, 3e38, -3e38], [float("inf"), -float("inf")], [float("nan")]]
)
def test_the_order_is_that_of_a_stable_sort(special: list[float], dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.cat([torch.randn(300, generator=draw).mul(8).round() / 4, torch.tensor(special)]).to(dtype)
    x = x[torch.randperm(len(x), generator=draw)]
    values, order = ascending(x)
    wanted, places = torch.sort(x, stable=True)
    assert torch.equal(order, places)
    torch.testing.assert_close(values, wanted, rtol=0, atol=0, equal_nan=True)


def test_a_gradient_flows_to_the_values_and_nothing_has_no_order() -> None:
    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    ascending(x)[0][0].backward()
    assert torch.equal(x.grad if x.grad is not None else torch.empty(0), torch.tensor([0.0, 1.0, 0.0]))
    assert ascending(torch.empty(0))[1].shape == (0,)
