"""On an accelerator: what the host waits for, or lies elsewhere, is refuted on a machine without one; all else stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from losskit import get, verify
from losskit.conformance.report import Finding
from losskit.conformance.stand_in import THERE, AstrayError, accelerator
from losskit.plugins.checks import concrete, readable
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.registry import names

Change = Callable[[Tensor], Tensor]


class Changed(CompSumLoss):
    """The loss of scores that something is done to, which leaves their values as they are."""

    change: Change

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.offset = torch.zeros(1, dtype=torch.float64)  # no buffer, so no move takes it along

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(type(self).change(logits), target)


class ReturnsElsewhere(CompSumLoss):
    def forward(self, *_: Tensor | None, **__: Tensor | None) -> Tensor:
        return torch.zeros(())


class ReadsGradients(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    @once_differentiable
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return gradient if gradient.norm().item() < 1e300 else gradient * 0


def read_back(x: Tensor) -> Tensor:
    return ReadsGradients.apply(x)  # type: ignore[no-any-return, no-untyped-call]


def filled(x: Tensor, mask: Tensor, value: Tensor | float) -> Tensor:
    scores = x.clone()
    scores[mask] = value
    return scores


NONE = 1e300  # beyond all scores
WAITS = "the host waits for the result of "
REFUTED: dict[str, tuple[Change, str]] = {
    "number": (lambda x: x if float(x.detach().amax()) < NONE else x * 0, f"{WAITS}item"),
    "condition": (lambda x: x if (x < NONE).all() else x * 0, f"{WAITS}item"),
    "slice": (lambda x: x[int((x > NONE).sum()) :], f"{WAITS}item"),
    "selection": (lambda x: x + 0 * x[x < NONE].sum(), f"{WAITS}index"),
    "rows filled": (lambda x: filled(x, x[:, 0] > NONE, x[0] * 0), f"{WAITS}index_put_"),
    "array": (
        lambda x: x + float(x.detach().numpy().max() > NONE),
        "the host waits for the result of torch.Tensor.numpy",
    ),
    "backward": (
        read_back,
        f"{WAITS}item (conformance/test_devices.py",
    ),
    "literal": (lambda x: x + torch.tensor([0.0], device=x.device), "torch.tensor copies numbers from the host"),
    "new literal": (lambda x: x + x.new_tensor([0.0]), "torch.Tensor.new_tensor copies numbers from the host"),
    "move": (
        lambda x: x + torch.zeros(x.size(1)).to(x.device),
        "to copies from one device to another",
    ),
    "index": (
        lambda x: x.gather(1, torch.arange(x.size(1)).expand_as(x)),
        "gather meets a tensor of another",
    ),
}
STANDS: dict[str, Change] = {
    "nothing": lambda x: x,
    "number filled in": lambda x: filled(x, x > NONE, 0.0),
    "whole numbers as index": lambda x: x[torch.arange(x.size(0), device=x.device)],
    "numbers made there": lambda x: x + torch.full((), 0.0, device=x.device) + x.new_zeros(1),
    "repeated so often": lambda x: x.repeat_interleave(torch.ones_like(x[:, 0]).long(), 0, output_size=x.size(0)),
    "known classes": lambda x: x + 0 * torch.nn.functional.one_hot(x.argmax(1), x.size(1)),
}


def found(implementation: type, kind: str = "StaysOnDevice") -> Finding:
    spec = get("comp_sum").model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=[kind], engine="here", device="cpu").losses[0].findings[0]


def found_of(change: Change, monkeypatch: pytest.MonkeyPatch) -> Finding:
    monkeypatch.setattr(Changed, "change", staticmethod(change), raising=False)
    return found(Changed)


@pytest.mark.parametrize("name", REFUTED)
def test_what_the_host_waits_for_is_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, reason = REFUTED[name]
    finding = found_of(change, monkeypatch)
    assert finding.outcome == "refuted", finding.reason
    assert reason in finding.reason


@pytest.mark.parametrize("name", STANDS)
def test_what_nothing_waits_for_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = found_of(STANDS[name], monkeypatch)
    assert (finding.outcome, finding.reason) == ("held", "")
    assert finding.cases > 8  # every reduction with weights and without, and other settings


def test_a_tensor_that_no_move_takes_along_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Changed, "value", lambda self, x, target: CompSumLoss.value(self, x + self.offset, target))
    assert "add meets a tensor of another device" in found(Changed).reason


def test_a_value_on_another_device_is_refuted() -> None:
    assert found(ReturnsElsewhere).reason.endswith("the value lies on cpu")


@pytest.mark.parametrize("name", names())
def test_tensors_without_values_lead_through_every_loss(name: str) -> None:
    finding = verify(name, only=["StaysOnDevice"], engine="here", device="cpu").losses[0].findings[0]
    assert finding.outcome == "held"
    assert "lead no further" not in finding.reason


def test_stand_ins_go_the_way_of_an_accelerator() -> None:
    x = torch.zeros(2, device=THERE)
    assert not concrete(x)
    with accelerator():
        assert concrete(x)
        assert not readable(x)
        with pytest.raises(AstrayError, match="result of nonzero"):
            x.nonzero()
    assert not concrete(x)


class DiffersUnread(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) * (1.0 if readable(logits) else 1.01)


class SlopesUnread(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits if readable(logits) else logits.detach() + 0 * logits, target)


@pytest.mark.parametrize(
    ("implementation", "kind", "reason"),
    [
        (DiffersUnread, "MatchesReference", "as on an accelerator against the oracle"),
        (DiffersUnread, "WorkedExamples", "value as on an accelerator"),
        (SlopesUnread, "MatchesReference", "gradient of logits as on an accelerator"),
    ],
)
def test_the_way_that_reads_no_values_has_the_same_numbers(implementation: type, kind: str, reason: str) -> None:
    finding = found(implementation, kind)
    assert finding.outcome == "refuted"
    assert reason in finding.reason


@pytest.mark.gpu
@pytest.mark.parametrize("name", [name for name in REFUTED if name not in ("array", "index", "move")])
def test_the_framework_s_own_alarm_agrees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    monkeypatch.setattr("losskit.conformance.checks.devices._pass_without_values", lambda *_: None)
    assert found_of(REFUTED[name][0], monkeypatch).outcome == "refuted"


@pytest.mark.gpu
@pytest.mark.parametrize("name", STANDS)
def test_the_framework_s_own_alarm_is_silent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    monkeypatch.setattr("losskit.conformance.checks.devices._pass_without_values", lambda *_: None)
    finding = found_of(STANDS[name], monkeypatch)
    assert (finding.outcome, finding.reason) == ("held", "")
