"""Entropy of an activation: the differential entropy of its output, from the inverse at the nodes of a quadrature."""

import math

from pydantic import Field

from losskit.spec import Above, Accepted, AtLeast, Between, EdgeCase, Example, Input, LossSpec, Parameters, hookimpl
from losskit.spec.expressions import exp, symbol
from losskit.spec.properties import (
    Bounded,
    Concave,
    Convex,
    Differentiable,
    FirstVariation,
    Homogeneous,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    Smooth,
    TranslationInvariant,
    ZeroAt,
)
from losskit.spec.tensors import Real, real

Y, DY, MEAN, STD = (symbol(name) for name in ("y", "dy", "mean", "std"))
INVERSE_DENSITY = math.sqrt(2 * math.pi) * STD * exp((Y - MEAN) ** 2 / (2 * STD**2))  # of the inputs at y
NEAR = {"mean": Between(-1, 1), "std": Between(1, 2)}
WIDE = {"mean": Between(-1, 1), "std": Between(1e7, 1e8)}
EVERYWHERE = "true for every mean and deviation; there many nodes meet the density"
LINE = {"y": [-2.0, -1.0, 0.0, 1.0, 2.0], "dy": [1.0] * 5, "quadrature": [0.5, 1.0, 1.0, 1.0, 0.5]}
CURVE = {"y": [-1.0, -0.2, 0.4, 1.3], "dy": [0.8, 1.1, 1.5, 2.0], "quadrature": [0.25, 0.5, 0.5, 0.25]}


class ActivationEntropyParameters(Parameters):
    """Parameters of the entropy of an activation."""

    mean: float = Field(0.0, description="mean of the normal inputs")
    std: float = Field(1.0, gt=0, description="standard deviation of the normal inputs")


SPEC = LossSpec(
    name="activation_entropy",
    title="Entropy functional of an activation",
    task="law",
    summary="The differential entropy of an activation's output for normal inputs, in nats, written with the inverse of "
    "the activation: what the search for better activations decreases. Take it to compare activations or to learn one.",
    formula=r"H = -\sum_j w_j\, q_j \log q_j,\quad q_j = p(y_j)\, y'_j,\quad p = \mathcal{N}(\mu, \sigma^2)",
    parameters=ActivationEntropyParameters,
    inputs=(
        real("y", "N", meaning="inverse of the activation at the nodes, which lie in its range"),
        Input(
            name="dy",
            shape=("N",),
            domain=Real(interval=Above(0)),
            meaning="derivative of the inverse at the nodes; an activation with an inverse increases",
        ),
        Input(
            name="quadrature",
            shape=("N",),
            domain=Real(interval=AtLeast(0)),
            meaning="weights of the nodes, such as the trapezoid rule's",
        ),
    ),
    output=("N",),
    coupling="set",
    weights=None,
    claims=(
        PermutationInvariant(over="batch").holds(source="a sum over nodes"),
        TranslationInvariant(on=("y", "mean")).holds(source="the density depends on y - mean"),
        TranslationInvariant(on="y").fails(source="the mean stays where it was"),
        Homogeneous(on=("y", "dy", "mean", "std"), degree=0.0).holds(source="p has the unit 1/y: q stays"),
        Homogeneous(on="quadrature").holds(source="linear"),
        Homogeneous(on="dy").fails(source="q -> a q adds -sum w a q log a"),
        NonNegative().fails(
            when=NEAR, source="f(x) = x/10 on standard normal inputs: 1.4189 - 2.3026 < 0", note=EVERYWHERE
        ),
        Bounded().fails(
            when=WIDE, source="weights without bound; at most log of the range where sum w q = 1", note=EVERYWHERE
        ),
        ZeroAt(where={"dy": INVERSE_DENSITY}).holds(
            when={"mean": Between(-1, 1), "std": Between(5, 20)},
            source="q = 1: the inverse of wafbc on a range of width 1, whose entropy is log 1",
            note="true for every mean and deviation, as long as 1/p(y) is no overflow",
        ),
        Convex(on="dy").fails(source="-q log q is strictly concave and q linear in dy"),
        Concave(on="dy").holds(source="-q log q is concave, q linear in dy, and no weight is negative"),
        Convex(on="quadrature").holds(source="linear"),
        Smooth(on="quadrature", constant=0.0, tight=False).holds(source="linear"),
        Differentiable(on=("y", "dy", "quadrature"), order=0).holds(
            source="smooth where q > 0, and dy > 0 keeps it so"
        ),
        FirstVariation(
            of="y",
            slope="dy",
            weights="quadrature",
            other="eafo_correction",
            bend="d2y",
            scale=-1.0,
            parameters={"mean": MEAN, "std": STD},
        ).holds(source="the Euler-Lagrange computation: minus p'(y) y' + p(y) y''/y' is the correction"),
        FirstVariation(
            of="y",
            slope="dy",
            weights="quadrature",
            other="eafo_correction",
            bend="d2y",
            parameters={"mean": MEAN, "std": STD},
        ).fails(when=NEAR, source="the correction leads down", note=EVERYWHERE),
        ReducesTo(
            other="torch.nn.KLDivLoss",
            inputs={"input": 0 * Y, "target": DY / INVERSE_DENSITY},
            relation="affine",
            scale=-symbol("N"),
            given={"quadrature": (1.0,)},
        ).holds(
            when={"mean": Between(-1, 1), "std": Between(20, 50)},
            source="the framework's mean of q (log q - 0), times -N",
            note="true for every mean and deviation; the framework has no gradient where q underflows to 0",
        ),
    ),
    references=("sun2024method",),
    examples=(
        Example(inputs=LINE, reduction="none", expected=1.210882916441058),
        Example(inputs=CURVE, expected=0.5165781549422361),
        Example(parameters={"mean": 0.3, "std": 1.7}, inputs=CURVE, expected=0.51707087964479296),
    ),
    edge_cases=(
        EdgeCase(
            case="N = 0",
            expected="0 with zero gradient, whatever the reduction; an error under losskit.debug()",
            examples=(Example(inputs={"y": [], "dy": [], "quadrature": []}, reduction="none", expected=0.0),),
        ),
        EdgeCase(
            case="q = 0 in the tails",
            expected="adds 0, and its gradient is 0",
            examples=(
                Example(
                    inputs={"y": [1e4, 0.0, "-Infinity"], "dy": [1.0, 1.0, 1.0], "quadrature": [1.0, 1.0, 1.0]},
                    expected=0.3666034339854198,
                    gradients={"y": [0.0, 0.0, 0.0]},
                ),
            ),
        ),
        EdgeCase(
            case="dy <= 0",
            expected="refused by name, value and index: the inverse must increase",
            examples=(
                Example(inputs={**LINE, "dy": [1.0, 1.0, 0.0, 1.0, 1.0]}, refused="dy"),
                Example(inputs={**LINE, "dy": [1.0, 1.0, -1.0, 1.0, 1.0]}, refused="dy"),
            ),
        ),
        EdgeCase(
            case="an activation without an inverse, such as ReLU",
            expected="restrict the nodes to the part that has one; the rest is a point mass and has no density",
        ),
    ),
    notes=(
        "One value of the whole batch: none, mean and sum give the same tensor without axes.",
        "It equals h(X) + E log f'(X), with h(X) = log(std (2 pi e)^(1/2)) the entropy of the inputs: scaling the output by c "
        "adds log c (dy is divided by c and quadrature multiplied with it).",
        "At most log(range) where the quadrature of q is 1, which wafbc attains; concave in dy.",
        "The loss takes no sample weights: quadrature is what weighs the nodes.",
    ),
    graph_accepts=(
        Accepted(
            input="dy", wrong="outside the domain", answer="nan", meaning="nan, the logarithm of a negative number"
        ),
        Accepted(input="dy", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(input="quadrature", wrong="outside the domain", meaning="weighs its node all the same"),
        Accepted(input="quadrature", wrong="not a number", answer="nan", meaning="nan"),
        Accepted(input="quadrature", wrong="an axis of size 1", meaning="repeated along the axis"),
    ),
    module="losskit.plugins.law.activation_entropy.loss:ActivationEntropyLoss",
    oracle="losskit.plugins.law.activation_entropy.reference:activation_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the entropy of an activation."""
    return SPEC
