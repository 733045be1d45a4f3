"""Functions of other losses: values and gradients through the right one agree, through others they do not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.relation import TENSORS
from losskit.conformance.report import Finding
from losskit.plugins.language.direct_coverage import MISSED
from losskit.plugins.language.direct_coverage.loss import DirectCoverageLoss
from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression, evaluate, exp, log1mexp, symbol
from losskit.spec.properties import ReducesTo

T = symbol("t")


class Detached(DirectCoverageLoss):
    """The right value with the gradient of cross-entropy."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        value: Tensor = super().forward(logits, target, sample_weight)
        scores = torch.nn.functional.cross_entropy(logits.mT, target, reduction="none", ignore_index=self.ignore_index)
        answer = scores.sum(1)
        return value.detach() + answer - answer.detach()


def finding(loss: str, relation: ReducesTo, module: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (relation.holds(),)}
    if module is not None:
        changes["module"] = f"{__name__}:{module.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, engine="here", device="cpu", only=["ReducesTo"]).losses[0].findings[0]


def coverage(through: Expression) -> ReducesTo:
    relations = [c.property for c in get("direct_coverage").claims if isinstance(c.property, ReducesTo)]
    (given,) = (relation for relation in relations if relation.relation == "function")
    return given.model_copy(update={"through": through})


@pytest.mark.parametrize(
    ("loss", "relation", "true"),
    [
        ("exponential", ReducesTo(other="logistic", relation="function", through=exp(T) - 1), True),
        ("mse", ReducesTo(other="mae", relation="function", through=T**2), True),
        ("mse", ReducesTo(other="mae", relation="function", through=T**2, scale=2.0), False),
        ("mse", ReducesTo(other="mae", relation="function", through=T**2 + 1e-3), False),
        ("direct_coverage", coverage(MISSED), True),
        ("direct_coverage", coverage(MISSED * (1 + 1e-6)), False),
    ],
)
def test_the_right_function_is_told_from_others(loss: str, relation: ReducesTo, true: bool) -> None:
    assert finding(loss, relation).outcome == ("held" if true else "refuted")


def test_a_gradient_without_the_factor_is_seen() -> None:
    found = finding("direct_coverage", coverage(MISSED), Detached)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert "gradient" in found.witness.detail


@pytest.mark.parametrize("given", [{"relation": "function"}, {"through": T}, {"relation": "affine", "through": T}])
def test_a_function_without_an_expression_is_refused_and_the_other_way_round(given: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="expected an expression in t for the relation 'function'"):
        ReducesTo(other="mse", **given)


def test_a_share_that_is_missing_keeps_its_digits_and_slopes() -> None:
    x = torch.tensor([1e-300, 1e-20, 0.5, 0.7, 40.0, 700.0], dtype=torch.float64, requires_grad=True)
    found = evaluate(log1mexp(symbol("x")), {"x": x}, TENSORS)
    expected = [
        -690.7755278982137,
        -46.051701859880914,
        -0.9327521295671886,
        -0.6863410028083851,
        -4.248354255291589e-18,
    ]
    torch.testing.assert_close(found[:5].detach(), torch.tensor(expected, dtype=torch.float64), rtol=1e-14, atol=0)
    (slope,) = torch.autograd.grad(found.sum(), x)
    torch.testing.assert_close(slope, 1 / torch.expm1(x.detach()), rtol=1e-13, atol=0)
