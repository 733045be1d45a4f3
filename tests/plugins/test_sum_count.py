"""Accumulated micro-batches: the sums and counts of the parts give the value and the gradient of the whole batch."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.conformance.checks.ignored import ignoring
from losskit.conformance.checks.sharding import given, split
from losskit.conformance.search.inputs import MILD, draw
from losskit.conformance.search.parameters import size_draws
from losskit.conformance.subject import Data, Subject
from losskit.registry import build, builtin, get
from losskit.spec.coupling import batch_symbol, couples
from losskit.spec.errors import ExportError, ParameterError

ROWS = 11
CUTS = (3 / ROWS, 3 / ROWS, 7 / ROWS)  # four micro-batches of unequal sizes, one of them empty
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("cross_entropy", {"class_weights": [0.5, 1.0, 2.0]}),
    ("cross_entropy", {"label_smoothing": 0.2}),
    ("dice", {"ignore_index": 1}),
    ("focal", {"class_weights": [0.5, 1.0, 2.0]}),
]


def _stands_alone(name: str) -> bool:
    spec = get(name)
    return not couples(spec, spec.parameters.validate_values(name, {}))


ALONE = [name for name in builtin() if _stands_alone(name)]
COUPLED = [name for name in builtin() if not _stands_alone(name)]


def _subject(name: str, parameters: dict[str, Any]) -> tuple[Subject, dict[str, int]]:
    spec, lengths = get(name), [len(v) for v in parameters.values() if isinstance(v, list)]
    subject = Subject(spec, parameters)
    sizes = next(
        sizes
        for sizes in size_draws(spec, {}, random.Random(0), 20)
        if all(sizes.get("C", length) == length for length in lengths) and sizes.get("C", 2) > 1
    )
    return subject, sizes


def _called(subject: Subject, part: Data, reduction: str) -> Any:
    return build(subject.spec, reduction=reduction, **given(subject))(**part)


def _compare(subject: Subject, data: Data) -> None:
    """The accumulated value and gradient against those of the whole batch."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held = {**data, **{n: data[n].clone().requires_grad_() for n in names}}
    wanted = _called(subject, held, "mean")
    slopes = torch.autograd.grad(wanted, [held[n] for n in names])
    total, count = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for part in split(subject, held, CUTS):
        value, number = _called(subject, part, "sum_count")
        total, count = total + value, count + number
        assert not number.requires_grad
    found = torch.autograd.grad(total, [held[n] for n in names])
    divisor = count if count else torch.ones(())
    torch.testing.assert_close((total / divisor).detach(), wanted.detach(), rtol=1e-12, atol=1e-12)
    for slope, right in zip(found, slopes, strict=True):
        torch.testing.assert_close(slope / divisor, right, rtol=1e-12, atol=1e-12)


def _drawn(subject: Subject, sizes: dict[str, int]) -> Data:
    return draw(subject, sizes, ROWS, random.Random(1), MILD)


@pytest.mark.parametrize(
    ("name", "parameters"), [*((name, {}) for name in ALONE if batch_symbol(get(name))), *SETTINGS]
)
def test_accumulated_gradients_are_those_of_the_big_batch(name: str, parameters: dict[str, Any]) -> None:
    subject, sizes = _subject(name, parameters)
    _compare(subject, _drawn(subject, sizes))


@pytest.mark.parametrize("name", [name for name in ALONE if get(name).weights is not None])
def test_so_are_they_with_weights(name: str) -> None:
    subject, sizes = _subject(name, {})
    data = _drawn(subject, sizes)
    shape = subject.module().weight_shape({entry.name: data.get(entry.name) for entry in subject.spec.inputs})
    weight = torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64).reshape(shape) % 3
    _compare(subject, {**data, "sample_weight": weight})


@pytest.mark.parametrize("name", [name for name in ALONE if ignoring(Subject(get(name), {})) is not None])
def test_so_are_they_where_a_micro_batch_is_ignored_as_a_whole(name: str) -> None:
    subject, sizes = _subject(name, {})
    found = ignoring(subject)
    assert found is not None
    changed, target, label = found
    data = _drawn(changed, sizes)
    labels: Tensor = data[target.name].clone()
    labels[: ROWS // 3] = label  # the first part and none of the others
    labels[-1] = label
    _compare(changed, {**data, target.name: labels})


@pytest.mark.parametrize("name", COUPLED)
def test_a_loss_of_samples_that_act_on_each_other_refuses(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name}.*act on each other.*expected.*'sum_count'"):
        losskit.create(name, reduction="sum_count")


def test_parameters_that_couple_samples_refuse_too() -> None:
    losskit.create("dice", reduction="sum_count")
    with pytest.raises(ParameterError, match=r"dice.*act on each other"):
        losskit.create("dice", reduction="sum_count", batch=True)


def test_a_running_count_keeps_no_graph() -> None:
    loss = losskit.create("cross_entropy", reduction="sum_count")
    total, count = loss(torch.randn(4, 3, requires_grad=True), torch.tensor([0, 1, -100, 2]))
    assert total.requires_grad
    assert count.item() == 3
    assert not count.requires_grad


def test_the_configuration_keeps_the_reduction() -> None:
    loss = losskit.create("focal", reduction="sum_count")
    again = losskit.from_config(loss.config())
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 1, 2])
    assert again(logits, target) == loss(logits, target)


def test_nothing_to_count_is_no_error_under_debug() -> None:
    loss = losskit.create("cross_entropy", reduction="sum_count")
    with losskit.debug():
        total, count = loss(torch.zeros(2, 3), torch.full((2,), -100))
        empty = loss(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))
    assert (float(total), float(count)) == (0.0, 0.0)
    assert [float(v) for v in empty] == [0.0, 0.0]


def test_torchscript_stacks_the_pair() -> None:
    loss = losskit.create("cross_entropy", reduction="sum_count")
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 1, 2])
    scripted = torch.jit.script(loss)(logits, target)
    torch.testing.assert_close(scripted, torch.stack(loss(logits, target)))


def test_a_compiled_loss_gives_the_pair() -> None:
    loss = losskit.create("cross_entropy", reduction="sum_count")
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 1, 2])
    total, count = torch.compile(loss, fullgraph=True, backend="eager")(logits, target)
    torch.testing.assert_close((total, count), loss(logits, target))


def test_a_graph_has_no_pair(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cross_entropy.*one tensor.*found 'sum_count'"):
        losskit.export("cross_entropy", tmp_path / "out", reduction="sum_count")
