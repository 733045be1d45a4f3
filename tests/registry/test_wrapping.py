"""A function as a loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from pydantic import Field
from torch import Tensor

import losskit
from losskit.spec import Parameters
from losskit.spec.errors import InputError, ParameterError, SpecError
from losskit.spec.properties import Convex, NonNegative
from losskit.spec.tensors import elements, real

X = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
Y = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
CLAIMS = (NonNegative().holds(), Convex(on=("input", "target")).holds())


class Scaled(Parameters):
    scale: float = Field(1.0, gt=0)


def log_cosh(input: Tensor, target: Tensor, *, scale: float = 1.0) -> Tensor:
    """Logarithm of the hyperbolic cosine of a residual."""
    size = ((input - target) * scale).abs()
    return size + torch.nn.functional.softplus(-2 * size) - 0.6931471805599453


def spread(input: Tensor) -> Tensor:
    """Variance of the batch."""
    return input.var(correction=0)


def _plain(input: Tensor, target: Tensor) -> Tensor:
    return input - target


def _powered(input: Tensor, target: Tensor, *, scale: float, power: float) -> Tensor:
    return (scale * (input - target)) ** power


def _wrapped(**more: Any) -> Any:
    return losskit.wrap(log_cosh, inputs=elements(), output=("*N",), parameters=Scaled, claims=CLAIMS, **more)


def test_it_is_weighed_and_reduced_as_every_loss() -> None:
    values = log_cosh(X, Y, scale=2.0)
    weight = torch.tensor([1.0, 0.0, 3.0], dtype=torch.float64)
    given = {"settings": {"scale": 2.0}}
    torch.testing.assert_close(_wrapped(**given)(X, Y), values.mean())
    torch.testing.assert_close(_wrapped(reduction="none", **given)(X, Y), values)
    torch.testing.assert_close(_wrapped(**given)(X, Y, sample_weight=weight), (values * weight).sum() / 4)
    total, count = _wrapped(reduction="sum_count", **given)(X, Y)
    torch.testing.assert_close((total, count), (values.sum(), torch.tensor(3.0, dtype=torch.float64)))


def test_the_rest_of_the_spec_is_the_functions() -> None:
    spec = _wrapped().spec
    assert (spec.name, spec.title) == ("log_cosh", "Logarithm of the hyperbolic cosine of a residual.")
    assert spec.module == f"{__name__}:log_cosh"
    assert type(spec).model_validate_json(spec.model_dump_json()) == spec


def test_its_claims_are_attacked() -> None:
    kinds = ["NonNegative", "Convex", "Reduces", "Weighted", "RejectsBadInput", "RoundTrips", "Transforms"]
    report = losskit.verify(_wrapped().spec, device="cpu", only=kinds)
    assert {finding.outcome for finding in report.losses[0].findings} == {"held"}
    wrong = losskit.wrap(log_cosh, inputs=elements(), output=("*N",), claims=(Convex(on="input").fails(),))
    (finding,) = losskit.verify(wrong.spec, device="cpu", only=["Convex"]).losses[0].findings
    assert finding.outcome == "unconfirmed"


def test_a_spec_may_be_given_whole() -> None:
    spec = _wrapped().spec
    torch.testing.assert_close(losskit.wrap(log_cosh, spec)(X, Y), log_cosh(X, Y).mean())


def test_a_function_inside_a_function() -> None:
    loss = losskit.wrap(lambda input, target: (input - target).abs(), inputs=elements(), output=("*N",), name="gap")
    torch.testing.assert_close(loss(X, Y), (X - Y).abs().mean())
    (finding,) = losskit.verify(loss.spec, device="cpu", only=["Reduces"]).losses[0].findings
    assert finding.outcome == "held"


def test_one_number_for_the_batch() -> None:
    loss = losskit.wrap(spread, inputs=(real("input", "B"),), output=())
    assert loss.spec.coupling == "batch"
    torch.testing.assert_close(loss(X), X.var(correction=0))
    with pytest.raises(ParameterError, match=r"spread has no reduction 'none', expected one of mean"):
        losskit.wrap(spread, inputs=(real("input", "B"),), output=(), reduction="none")


def test_it_can_be_a_part_of_a_composite() -> None:
    loss = losskit.compose([(_wrapped(settings={"scale": 3.0}), 2.0), ("mae", 0.5)])
    torch.testing.assert_close(loss(X, Y), 2 * log_cosh(X, Y, scale=3.0).mean() + 0.5 * (X - Y).abs().mean())
    assert any(claim.property == NonNegative() for claim in loss.spec.claims)


def test_values_of_another_shape_are_refused() -> None:
    loss = losskit.wrap(lambda input, target: (input - target).sum(), inputs=elements(), output=("*N",), name="total")
    with pytest.raises(InputError, match=r"total.*values of shape \(\*N\), found shape \(\)"):
        loss(X, Y)


def test_inputs_are_checked() -> None:
    with pytest.raises(InputError, match=r"log_cosh: input target must have \*N = \(3,\) as input has it"):
        _wrapped()(X, Y[:2])
    with pytest.raises(ParameterError, match=r"log_cosh: parameter scale must be in \(0, inf\), found -1"):
        _wrapped(settings={"scale": -1.0})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (spread, r"input 'target' in place 2"),
        (_plain, r"parameter 'scale', which .* does not take by name"),
        (_powered, r"needs the argument 'power'"),
    ],
)
def test_a_signature_that_does_not_fit_names_the_argument(function: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        losskit.wrap(function, inputs=elements(), output=("*N",), parameters=Scaled, name="wrong")


def test_inputs_are_needed() -> None:
    with pytest.raises(SpecError, match="log_cosh needs its inputs"):
        losskit.wrap(log_cosh)


def test_its_configuration_is_plain() -> None:
    config = _wrapped(settings={"scale": 2.0}).config()
    assert json.loads(json.dumps(config)) == {
        "name": "log_cosh",
        "parameters": {"scale": 2.0},
        "reduction": "mean",
    }
