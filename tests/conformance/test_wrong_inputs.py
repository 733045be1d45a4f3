"""Wrong inputs: losses that take one of them fall, wherever the search is, and what a spec declares is never wrong."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.checks.inputs import rejects_bad_input
from losskit.conformance.checks.worked import worked_examples
from losskit.conformance.outcome import Result
from losskit.conformance.profiles import PROFILES
from losskit.conformance.report import Finding
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.membership import belongs
from losskit.conformance.search.scope import Search
from losskit.conformance.search.wrong import excluded_inputs
from losskit.conformance.subject import Data, Subject
from losskit.plugins.base import Loss
from losskit.plugins.law.eafo_correction.loss import EAFOCorrectionLoss
from losskit.plugins.ordinal.ordinal_softmax_nll.loss import OrdinalSoftmaxNLLLoss
from losskit.plugins.regression.categorical_projection.loss import CategoricalProjectionLoss
from losskit.plugins.regression.mse.loss import MSELoss
from losskit.spec.properties import RejectsBadInput, WorkedExamples


class Lenient(Loss):
    """Checks one input as if it had been mended before."""

    lenient: ClassVar[str]

    def mend(self, value: Tensor) -> Tensor:
        raise NotImplementedError

    def check(self, *inputs: Tensor | None, sample_weight: Tensor | None = None) -> None:
        named = dict(zip((i.name for i in self.spec.inputs), inputs, strict=True))
        value = named[self.lenient]
        if torch.is_tensor(value) and value.is_floating_point() and value.dim():
            named[self.lenient] = self.mend(value)
        super().check(*named.values(), sample_weight=sample_weight)


class TakesNegativeSlopes(Lenient, EAFOCorrectionLoss):
    lenient = "dy"

    def mend(self, value: Tensor) -> Tensor:
        return value.abs()


class TakesNoNumber(Lenient, EAFOCorrectionLoss):
    lenient = "dy"

    def mend(self, value: Tensor) -> Tensor:
        return value.nan_to_num(1.0)


class TakesTheOpenEnd(Lenient, EAFOCorrectionLoss):
    lenient = "dy"

    def mend(self, value: Tensor) -> Tensor:
        return torch.where(value == 0, 1.0, value)


class TakesRisingScores(Lenient, OrdinalSoftmaxNLLLoss):
    lenient = "logits"

    def mend(self, value: Tensor) -> Tensor:
        return value.sort(-1, descending=True).values

    def refuse_level(self, logits: Tensor, target: Tensor, fall: Tensor) -> None:
        """Nothing is refused here."""


class TakesAnySum(Lenient, CategoricalProjectionLoss):
    lenient = "next_probs"

    def mend(self, value: Tensor) -> Tensor:
        return value.softmax(-1) if bool(((value >= 0) & (value <= 1)).all()) else value


class Broadcasts(MSELoss):
    def check(self, *inputs: Tensor | None, sample_weight: Tensor | None = None) -> None:
        values, target = inputs
        if values is not None and target is not None and torch.is_tensor(target) and set(target.shape) == {1}:
            target = torch.zeros_like(values, dtype=target.dtype)
        super().check(values, target, sample_weight=sample_weight)


def found(loss: str, implementation: type) -> Finding:
    spec = get(loss).model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["RejectsBadInput"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "implementation", "told"),
    [
        ("eafo_correction", TakesNegativeSlopes, "dy holds -1.0"),
        ("eafo_correction", TakesNoNumber, "dy holds nan"),
        ("eafo_correction", TakesTheOpenEnd, "dy holds 0.0"),
        ("ordinal_softmax_nll", TakesRisingScores, "logits holds 1000000.0"),
        ("mse", Broadcasts, "target has one of *N for all"),
        ("categorical_projection", TakesAnySum, "next_probs holds 0."),
    ],
)
def test_a_loss_that_takes_what_its_domain_excludes_falls(loss: str, implementation: type, told: str) -> None:
    finding = found(loss, implementation)
    assert finding.outcome == "refuted"
    assert told in finding.reason
    assert finding.reason.endswith("and is accepted")


def drawn(loss: str, **parameters: Any) -> tuple[Subject, Data]:
    subject = Subject(get(loss), parameters)
    sizes = dict.fromkeys(subject.spec.symbols(), 3)
    return subject, draw(subject, sizes, 3, random.Random(0), MODERATE)


def spoilt(loss: str, entry: str, **parameters: Any) -> list[str]:
    subject, data = drawn(loss, **parameters)
    return [bad.what for bad in excluded_inputs(subject, data) if bad.name == entry]


def test_ids_are_wrong_unless_they_are_ignored() -> None:
    ids = {f"holds {n}" for n in (3, 10_000, -1, -3, -4, -7, -10_000)}
    assert ids <= {*spoilt("cross_entropy", "target")}
    assert {*spoilt("cross_entropy", "target", ignore_index=-7)} & ids == ids - {"holds -7"}


def test_no_number_is_wrong_where_the_domain_excludes_it() -> None:
    assert "holds nan" not in spoilt("cross_entropy", "logits")
    assert "holds nan" not in spoilt("ordinal_softmax_nll", "logits")
    assert "holds nan" in spoilt("eafo_correction", "dy")
    assert "holds nan" in spoilt("hinge", "target")


def test_an_interval_is_that_of_the_parameters() -> None:
    assert "holds 2.0" in spoilt("h_consistency_transform", "value", direction="T")
    assert "holds 2.0" not in spoilt("h_consistency_transform", "value", direction="gamma")


def test_a_class_without_a_row_is_wrong_where_every_class_has_one() -> None:
    assert "lacks a class" in spoilt("nc3_self_duality", "labels")
    assert "lacks a class" not in spoilt("cross_entropy", "target")


@pytest.mark.parametrize(
    ("loss", "change", "member"),
    [
        ("cross_entropy", {}, True),
        ("cross_entropy", {"logits": torch.full((3, 3), math.nan).double()}, True),
        ("cross_entropy", {"target": None}, False),
        ("cross_entropy", {"target": torch.tensor([0, 1, -100])}, True),
        ("cross_entropy", {"target": torch.tensor([0, 1])}, False),
        ("cross_entropy", {"logits": torch.zeros(3, 1, 3)}, False),
        ("mse", {"input": torch.zeros(1, 3), "target": torch.zeros(1, 3)}, True),
        ("mse", {"target": torch.zeros(1, 3)}, False),
        ("nc1_variability", {"features": torch.zeros(1, 3), "labels": torch.tensor([0])}, False),
        ("binary_cross_entropy_with_logits", {"target": torch.tensor([0.0, 1.0, 1 + 2.0**-23])}, False),
    ],
)
def test_membership_is_what_the_spec_declares(loss: str, change: Data, member: bool) -> None:
    subject, data = drawn(loss)
    assert belongs(subject, {**data, **change}) is member


class TakesCPUAlone(CategoricalProjectionLoss):
    """An accelerator breaks off what reads wrong data there: here it does at once."""

    def forward(self, *inputs: Any, **given: Any) -> Tensor:
        assert not any(torch.is_tensor(value) and value.is_meta for value in (*inputs, *self.buffers()))
        return super().forward(*inputs, **given)


def elsewhere(loss: str, claim: Any, attack: Any, **changed: Any) -> Result:
    spec = get(loss).model_copy(update=changed)
    result: Result = attack(claim, Search(spec, PROFILES["quick"], seed=0, device="meta"))
    return result


@pytest.mark.parametrize("loss", ["categorical_projection", "cross_entropy", "hinge"])
def test_bad_input_is_refused_on_the_cpu_wherever_the_search_is(loss: str) -> None:
    module = {"module": f"{__name__}:TakesCPUAlone"} if loss == "categorical_projection" else {}
    result = elsewhere(loss, RejectsBadInput().holds(), rejects_bad_input, **module)
    assert result.outcome == "held", result.reason


def test_shown_refusals_are_asked_on_the_cpu_wherever_the_search_is() -> None:
    refused = tuple(
        case.model_copy(update={"examples": tuple(e for e in case.examples if e.refused)})
        for case in get("categorical_projection").edge_cases
    )
    module = f"{__name__}:TakesCPUAlone"
    claim = WorkedExamples().holds()
    result = elsewhere("categorical_projection", claim, worked_examples, module=module, examples=(), edge_cases=refused)
    assert (result.outcome, result.cases) == ("held", sum(len(case.examples) for case in refused)), result.reason
