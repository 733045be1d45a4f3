"""Real processes: all losses in one set of them, parts of unequal sizes, empty parts, and losses that fail."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from losskit import get, names, verify
from losskit.conformance.checks.base import Comparison
from losskit.conformance.checks.sharding import compare_with_whole, given, split
from losskit.conformance.profiles import PROFILES
from losskit.conformance.ranks import LossOnRankError, Ranks, RanksError
from losskit.conformance.search.inputs import MILD, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import ShardsAcross

CUTS = {
    "two equal parts": (0.5,),
    "a part of one row": (0.13,),
    "an empty first part": (0.0,),
    "three parts": (0.25, 0.6),
    "an empty part between": (0.4, 0.4),
    "all on the last of three": (0.0, 0.0),
}
PARAMETERS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in names() if batch_symbol(get(name))),
    ("cross_entropy", {"class_weights": [0.5, 2.0, 1.5], "label_smoothing": 0.2}),
    ("dice", {"batch": True}),
    ("linear_cross_entropy", {"shift": 2}),
    ("mann_whitney", {"normalize": "pairs", "temperature": 1.0}),
    ("multi_similarity", {"mining": False}),
]


class CenteredRows(CompSumLoss):
    """Couples the rows and does not say so."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        found = super().value(logits, target)
        return (found - found.mean()) ** 2


class OnRanks(CompSumLoss):
    """As it should be in one process, and not on ranks."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if dist.is_initialized():
            self.fail()
        return super().value(logits, target)

    def fail(self) -> None:
        raise NotImplementedError


class Exits(OnRanks):
    """Ends the process it runs in."""

    def fail(self) -> None:
        raise SystemExit(4)


class Sleeps(OnRanks):
    """Never answers."""

    def fail(self) -> None:
        time.sleep(1000)


class Greedy(OnRanks):
    """Runs out of memory."""

    def fail(self) -> None:
        raise MemoryError


class Raises(OnRanks):
    """Does not work there."""

    def fail(self) -> None:
        raise ValueError("no rank of mine")


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Processes that are started import this module by its name."""
    root = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, root)
    yield
    sys.path.remove(root)


@pytest.fixture(scope="module")
def ranks(importable: None) -> Iterator[Ranks]:
    with Ranks(3) as started:
        yield started


def _data(subject: Subject, rows: int = 8) -> Data:
    symbols = [s for s in subject.spec.symbols() if not s.startswith("*") and s != batch_symbol(subject.spec)]
    return draw(subject, dict.fromkeys(symbols, 3), rows, random.Random(5), MILD)


def _spec(implementation: type) -> LossSpec:
    return get("comp_sum").model_copy(update={"module": f"{__name__}:{implementation.__name__}"})


def _check(ranks: Ranks, subject: Subject, data: Data, reduction: str, cuts: tuple[float, ...]) -> Comparison:
    comparison = Comparison(ShardsAcross().holds(), Search(subject.spec, PROFILES["quick"], seed=0))
    answers = ranks.evaluate(subject.spec, given(subject), reduction, split(subject, data, cuts))
    compare_with_whole(comparison, subject, data, reduction, answers)
    return comparison


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS, ids=str)
def test_a_split_batch_has_the_value_and_gradients_of_the_whole(
    ranks: Ranks, name: str, parameters: dict[str, Any]
) -> None:
    subject = Subject(get(name), parameters)
    data = _data(subject)
    for reduction in ("mean", "sum"):
        for what, cuts in CUTS.items():
            result = _check(ranks, subject, data, reduction, cuts).result()
            assert result.outcome == "held", (what, result.reason)


@pytest.mark.parametrize("name", ["cross_entropy", "multi_similarity", "dpo"])
def test_weights_are_split_with_their_rows(ranks: Ranks, name: str) -> None:
    subject = Subject(get(name), {})
    data = {**_data(subject), "sample_weight": torch.tensor([0.0, 1, 2, 3, 0, 1, 0.5, 2], dtype=torch.float64)}
    result = _check(ranks, subject, data, "mean", CUTS["three parts"]).result()
    assert result.outcome == "held", result.reason


def test_rows_with_ignored_labels_count_nowhere(ranks: Ranks) -> None:
    subject = Subject(get("cross_entropy"), {})
    data = _data(subject)
    data["target"][:5] = -100  # all rows of the first rank, some of the second
    result = _check(ranks, subject, data, "mean", CUTS["three parts"]).result()
    assert result.outcome == "held", result.reason


def test_nothing_on_any_rank_gives_0(ranks: Ranks) -> None:
    subject = Subject(get("cross_entropy"), {})
    data = {n: v[:0] for n, v in _data(subject).items()}
    assert _check(ranks, subject, data, "mean", CUTS["three parts"]).result().outcome == "held"


def test_rows_that_are_coupled_in_secret_are_found(ranks: Ranks) -> None:
    subject = Subject(_spec(CenteredRows), {})
    result = _check(ranks, subject, _data(subject), "mean", CUTS["two equal parts"]).result()
    assert result.outcome == "refuted"
    assert "on rank 0 of 2, and of the whole batch" in result.reason


@pytest.mark.parametrize("wrong", [slice(None), slice(5, None)], ids=["on both", "on the last"])
def test_an_error_on_a_rank_is_told_and_not_that_another_rank_lost_it(wrong: slice) -> None:
    with Ranks(2) as two:
        spec = get("comp_sum")
        data = _data(Subject(spec, {}))
        data["target"][wrong] += 7
        parts = split(Subject(spec, {}), data, (0.5,))
        with pytest.raises(LossOnRankError, match="a rank failed: InputError: comp_sum: input target"):
            two.evaluate(spec, {}, "mean", parts)
        assert two.broken


@pytest.mark.parametrize(
    ("loss", "said"), [(Exits, "ended before it answered"), (Greedy, "a rank failed: MemoryError")]
)
def test_a_rank_that_is_lost_is_told(loss: type, said: str) -> None:
    with Ranks(2) as two:
        subject = Subject(get("comp_sum"), {})
        with pytest.raises(RanksError, match=said):
            two.evaluate(_spec(loss), {}, "mean", split(subject, _data(subject), (0.5,)))
        assert two.broken


def test_a_rank_that_has_died_is_told() -> None:
    with Ranks(2) as two:
        subject = Subject(get("comp_sum"), {})
        parts = split(subject, _data(subject), (0.5,))
        two.evaluate(subject.spec, {}, "mean", parts)
        two._processes[1].kill()
        two._processes[1].wait()
        with pytest.raises(RanksError, match="ended before it answered"):
            two.evaluate(subject.spec, {}, "mean", parts)


def test_a_rank_has_its_time_for_the_loss_and_not_for_its_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losskit.conformance.ranks.PATIENCE", timedelta(seconds=0.4))  # the import of torch takes more
    with Ranks(2) as two:
        subject = Subject(get("comp_sum"), {})
        parts = split(subject, _data(subject), (0.5,))
        assert len(two.evaluate(subject.spec, {}, "mean", parts)) == 2
        with pytest.raises(RanksError, match="or took too long"):
            two.evaluate(_spec(Sleeps), {}, "mean", parts)


def test_the_quick_profile_starts_no_processes() -> None:
    finding = verify("comp_sum", only=["ShardsAcross"], engine="here", device="cpu").losses[0].findings[0]
    assert finding.outcome == "not_applicable"
    assert "from the standard profile on" in finding.reason


def test_the_standard_profile_does() -> None:
    spec = _spec(CenteredRows)
    found = verify(spec, only=["ShardsAcross"], profile="standard", engine="here", device="cpu").losses[0].findings[0]
    assert found.outcome == "refuted"
    assert "of the whole batch" in found.reason


@pytest.mark.parametrize(("loss", "said"), [(Exits, "a rank ended"), (Greedy, "MemoryError")])
def test_lost_ranks_are_an_error_and_refute_nothing(loss: type, said: str) -> None:
    report = verify(_spec(loss), only=["ShardsAcross"], profile="standard", engine="here", device="cpu")
    finding = report.losses[0].findings[0]
    assert (finding.outcome, finding.witness) == ("error", None)
    assert said in finding.reason


def test_a_loss_that_raises_on_a_rank_is_refuted() -> None:
    report = verify(_spec(Raises), only=["ShardsAcross"], profile="standard", engine="here", device="cpu")
    finding = report.losses[0].findings[0]
    assert finding.outcome == "refuted"
    assert "a rank failed: ValueError: no rank of mine" in finding.reason
