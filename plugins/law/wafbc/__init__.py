"""WAFBC: the activation whose output has the most entropy, a rescaled normal distribution function."""

import math
from typing import Self

from pydantic import Field, model_validator

from losskit.spec import AtLeast, Below, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    Lipschitz,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    Smooth,
    TranslationInvariant,
)
from losskit.spec.tensors import real

X, LOW, HIGH, MEAN, STD = (symbol(name) for name in ("x", "low", "high", "mean", "std"))
PEAK = 1 / math.sqrt(2 * math.pi)  # of the standard normal density
POINTS = {"x": [-1.5, 0.0, 0.7]}
OTHER = {"low": -1.0, "high": 1.0, "mean": 0.5, "std": 2.0}


class WAFBCParameters(Parameters):
    """Parameters of WAFBC."""

    low: float = Field(0.0, description="limit at -infinity")
    high: float = Field(1.0, description="limit at +infinity, above low")
    mean: float = Field(0.0, description="mean of the inputs")
    std: float = Field(1.0, gt=0, description="standard deviation of the inputs")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low must lie below high, found low={self.low:g} and high={self.high:g}")
        return self


SPEC = LossSpec(
    name="wafbc",
    title="WAFBC (worst activation function with boundary conditions)",
    task="law",
    summary="The activation whose output has the most entropy for normal inputs and a given range: their distribution "
    "function, rescaled, so that the output is uniform. The reference point of the search for activations, of the shape of "
    "sigmoid and tanh; an activation, no loss.",
    formula=r"f(x) = a + (b - a)\, \Phi\Big(\frac{x - \mu}{\sigma}\Big)",
    parameters=WAFBCParameters,
    inputs=(real("x", "*N", meaning="inputs of the activation, of any shape"),),
    output=("*N",),
    claims=(
        PermutationInvariant(over="batch").holds(source="element by element"),
        TranslationInvariant(on=("x", "mean")).holds(source="standardised"),
        TranslationInvariant(on="x").fails(source="the mean stays where it was"),
        Homogeneous(on=("x", "mean", "std"), degree=0.0).holds(source="standardised"),
        Homogeneous(on=("low", "high")).holds(source="linear in the two ends"),
        Bounded(lower=LOW, upper=HIGH, reach="attained").holds(source="a distribution function"),
        NonNegative().holds(when={"low": AtLeast(0)}, source="its lower end"),
        NonNegative().fails(when={"low": Below(0)}, source="tends to low"),
        Monotone(on="x", direction="increasing").holds(source="the density is positive"),
        Monotone(on="mean", direction="decreasing").holds(source="the inputs are moved the other way"),
        Convex(on="x").fails(source="concave above the mean"),
        Lipschitz(on="x", constant=PEAK * (HIGH - LOW) / STD).holds(source="the density is largest at the mean"),
        Smooth(on="x", constant=PEAK * math.exp(-0.5) * (HIGH - LOW) / STD**2).holds(
            source="the density is steepest one standard deviation from the mean"
        ),
        Differentiable(on="x", order=0).holds(source="erf is smooth"),
        ReducesTo(
            other="wafbc",
            parameters={"low": LOW, "high": HIGH, "mean": MEAN, "std": STD},
            inputs={"x": 2 * MEAN - X},
            relation="affine",
            scale=-1.0,
            offset=LOW + HIGH,
        ).holds(source="point symmetric about (mean, (low + high)/2): the density is even about its mean"),
        ReducesTo(other="wafbc", inputs={"x": (X - MEAN) / STD}, relation="affine", scale=HIGH - LOW, offset=LOW).holds(
            source="the standard normal distribution function, at the defaults"
        ),
    ),
    references=("sun2024method",),
    examples=(
        Example(inputs=POINTS, reduction="none", expected=[0.06680720126885807, 0.5, 0.758036347776927]),
        Example(
            inputs=POINTS,
            parameters=OTHER,
            reduction="none",
            expected=[-0.6826894921370859, -0.1974126513658474, 0.07965567455405798],
        ),
        Example(
            inputs={"x": [0.5]}, parameters={"low": 1.0, "high": 3.0}, expected=2.382924922548026, note="1 + 2 Phi(1/2)"
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(case="nan", expected="nan, in that element only"),
        EdgeCase(
            case="|x| huge or infinite",
            expected="exactly low or high",
            examples=(
                Example(
                    inputs={"x": ["-Infinity", -1e4, 1e4, "Infinity"]},
                    parameters={"low": -0.1, "high": 0.3},
                    reduction="none",
                    expected=[-0.1, -0.1, 0.3, 0.3],
                ),
            ),
        ),
        EdgeCase(
            case="std <= 0 or high <= low",
            expected="refused when the loss is created, with a sentence that names the parameters",
            examples=(
                Example(inputs=POINTS, parameters={"std": 0.0}, refused="std"),
                Example(inputs=POINTS, parameters={"low": 1.0}, refused="low"),
            ),
        ),
    ),
    notes=(
        "Each half is computed from the tail on its own side: with low = 0 the lower one keeps its digits to the smallest "
        "number, and the ends are reached exactly.",
        "For normal inputs of this mean and deviation the output has the entropy log(high - low), the largest on that range.",
        "sample_weight has the shape of x.",
        "A graph with float64 inputs cannot run on ONNX Runtime, whose Erf is float32 only.",
    ),
    module="losskit.plugins.law.wafbc.loss:WAFBCLoss",
    oracle="losskit.plugins.law.wafbc.reference:wafbc",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of WAFBC."""
    return SPEC
