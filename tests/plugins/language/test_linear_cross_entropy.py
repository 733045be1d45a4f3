"""Linear cross-entropy: the blocks against all logits at once, and the memory they hold."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.ops import linear_log_loss
from losskit.spec import OneOf
from losskit.spec.errors import ParameterError

N, D, V = 1024, 32, 8192
LOGITS = N * V * 4


@pytest.fixture(params=["framework's operator where there is one", "own sweep"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "own sweep":
        monkeypatch.setattr(linear_log_loss, "HAS_OPERATOR", False)
    return str(request.param)


def inputs(tokens: int, width: int, classes: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn(tokens, width, generator=draw, dtype=dtype)
    weight = torch.randn(classes, width, generator=draw, dtype=dtype)
    target = torch.randint(0, classes, (tokens,), generator=draw)
    bias = torch.randn(classes, generator=draw, dtype=dtype)
    target[::5] = -100
    return [hidden.requires_grad_(), weight.requires_grad_(), target, bias.requires_grad_()]


def in_blocks(loss: torch.nn.Module, tensors: list[Tensor]) -> tuple[Tensor, ...]:
    value = loss(*tensors)
    return value, *torch.autograd.grad(value, _leaves(tensors), torch.ones_like(value))


def at_once(loss: torch.nn.Module, tensors: list[Tensor]) -> tuple[Tensor, ...]:
    hidden, weight, target, bias = tensors
    value, pull, *_ = torch.func.vjp(lambda h, w, b: loss(h, w, target, b), hidden, weight, bias)
    return value, *pull(torch.ones_like(value))


def _leaves(tensors: list[Tensor]) -> list[Tensor]:
    return [x for x in tensors if x.requires_grad]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("chunk_size", [None, 1, 7, 300])
@pytest.mark.parametrize(
    "parameters", [{}, {"softcap": 2.0}, {"label_smoothing": 0.2}, {"softcap": 1.0, "label_smoothing": 0.1}]
)
def test_blocks_equal_all_logits_at_once(
    engine: str, reduction: str, chunk_size: int | None, parameters: dict[str, Any]
) -> None:
    tensors = inputs(301, 5, 700)
    loss = losskit.create("linear_cross_entropy", reduction=reduction, chunk_size=chunk_size, **parameters)
    for blocks, whole in zip(in_blocks(loss, tensors), at_once(loss, tensors), strict=True):
        torch.testing.assert_close(blocks, whole, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("parameters", [{}, {"softcap": 30.0}, {"label_smoothing": 0.1}, {"filter_eps": "auto"}])
def test_blocks_hold_a_fraction_of_the_logits(
    engine: str, peak_bytes: Callable[..., int], reduction: str, parameters: dict[str, Any]
) -> None:
    tensors = inputs(N, D, V, torch.float32)
    loss = losskit.create("linear_cross_entropy", reduction=reduction, **parameters)
    gradients = sum(x.numel() * 4 for x in _leaves(tensors))
    buffers = 4 if parameters else 2  # of one block: the logits, and what softcap or filter need beside them
    assert peak_bytes(lambda: in_blocks(loss, tensors)) < 2 * gradients + buffers * LOGITS // 8
    assert peak_bytes(lambda: at_once(loss, tensors)) > 2 * LOGITS


def test_a_smaller_chunk_holds_less(engine: str, peak_bytes: Callable[..., int]) -> None:
    tensors = inputs(N, D, V, torch.float32)
    peaks = [
        peak_bytes(lambda size=size: in_blocks(losskit.create("linear_cross_entropy", chunk_size=size), tensors))
        for size in (16, 128, 512)
    ]
    assert peaks == sorted(peaks)
    assert peaks[2] - peaks[0] > 400 * V * 4


def peaked() -> list[Tensor]:
    """Tokens whose probability lies on 8 of 2048 classes: all other blocks of the gradient vanish."""
    tensors = inputs(256, 8, 2048)
    with torch.no_grad():
        tensors[3][:] = -50.0
        tensors[3][1000:1008] = 50.0
        tensors[2][:] = torch.arange(256) % 8 + 1000
    return tensors


def test_filter_skips_blocks_of_the_gradient_and_nothing_of_the_value() -> None:
    tensors = peaked()
    exact = in_blocks(losskit.create("linear_cross_entropy", reduction="sum"), tensors)
    filtered = in_blocks(losskit.create("linear_cross_entropy", reduction="sum", filter_eps=1e-9), tensors)
    torch.testing.assert_close(filtered[0], exact[0], rtol=1e-12, atol=0)
    skipped = (filtered[3] == 0) & (exact[3] != 0)
    assert skipped[:768].all()
    assert skipped[1024:].all()
    for near, true in zip(filtered[1:], exact[1:], strict=True):
        torch.testing.assert_close(near, true, rtol=0, atol=1e-9 * 2048 * 256)
    torch.testing.assert_close(filtered[2][768:1024], exact[2][768:1024], rtol=1e-12, atol=1e-30)


def test_filter_auto_is_the_resolution_of_the_inputs_over_32() -> None:
    tensors = [x.detach().bfloat16().requires_grad_() if x.is_floating_point() else x for x in peaked()]
    auto = in_blocks(losskit.create("linear_cross_entropy", filter_eps="auto"), tensors)
    named = in_blocks(losskit.create("linear_cross_entropy", filter_eps=2.0**-12), tensors)
    assert all(torch.equal(a, b) for a, b in zip(auto, named, strict=True))
    assert not auto[3][:768].any()


def test_a_vocabulary_of_one_filter_block_is_exact() -> None:
    tensors = inputs(40, 4, linear_log_loss.FILTER_COLUMNS)
    exact = in_blocks(losskit.create("linear_cross_entropy"), tensors)
    filtered = in_blocks(losskit.create("linear_cross_entropy", filter_eps=10.0), tensors)
    for near, true in zip(filtered, exact, strict=True):
        torch.testing.assert_close(near, true, rtol=1e-12, atol=1e-14)


def test_double_backward_reaches_every_input(engine: str) -> None:
    hidden, weight, target, bias = inputs(9, 3, 5)
    loss = losskit.create("linear_cross_entropy", chunk_size=4)
    assert torch.autograd.gradcheck(lambda h, w, b: loss(h, w, target, b), [hidden, weight, bias])
    assert torch.autograd.gradgradcheck(lambda h, w, b: loss(h, w, target, b), [hidden, weight, bias])


def test_filter_takes_a_number_a_word_or_nothing() -> None:
    for given in (None, "auto", 0.0, 1e-3):
        assert losskit.create("linear_cross_entropy", filter_eps=given).config()["parameters"]["filter_eps"] == given
    with pytest.raises(ParameterError, match=r'filter_eps must be None or "auto" or \[0, inf\), found \'often\''):
        losskit.create("linear_cross_entropy", filter_eps="often")
    parameter = losskit.get("linear_cross_entropy").parameters.get("filter_eps")
    assert parameter is not None
    assert parameter.admits(OneOf(values=(None, "auto", 0.5)))
    assert not parameter.admits(OneOf(values=("often",)))
