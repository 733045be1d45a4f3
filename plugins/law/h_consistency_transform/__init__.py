"""Error transformation of the comp-sum H-consistency bound: from surrogate errors to 0-1 errors, and back."""

from typing import Literal

from pydantic import Field

from losskit.spec import (
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    Input,
    LossSpec,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import EMPTY_BATCH
from losskit.spec.expressions import log, symbol
from losskit.spec.properties import (
    Bounded,
    Concave,
    Convex,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import Real, Restricted

TAU, CLASSES = symbol("tau"), symbol("num_classes")
RATE = 1 / ((TAU - 1) * CLASSES ** (TAU - 1))
BACK = {"gamma", "gamma_upper"}
GAMMA = {"direction": "gamma", "tau": TAU, "num_classes": CLASSES}
LOOSE = UpperBounds(target="h_consistency_transform", parameters=GAMMA, tight=False)
BOUND = LOOSE.model_copy(update={"tight": True})


class HConsistencyTransformParameters(Parameters):
    """Parameters of the error transformation."""

    direction: Literal["T", "gamma", "gamma_upper"] = Field(
        "T", description="T: 0-1 error to surrogate error; gamma: its inverse; gamma_upper: a closed form above that"
    )
    tau: float = Field(1.0, ge=0, description="member of the comp-sum family")
    num_classes: int = Field(2, ge=2, description="number of classes; enters for tau > 1 only")


SPEC = LossSpec(
    name="h_consistency_transform",
    title="Error transformation of the comp-sum H-consistency bound",
    task="law",
    summary="Turns an estimation error of a comp-sum loss into a bound on that of the 0-1 loss (gamma), or back (T). Take it "
    "to report guarantees, not to train.",
    formula=r"T(b) = \frac{2^{1-\tau}}{1-\tau} (1 - M)\ (\tau < 1),\quad "
    r"\tfrac{(1+b)\log(1+b) + (1-b)\log(1-b)}{2}\ (\tau = 1),\quad \frac{M - 1}{(\tau-1) n^{\tau-1}}\ (1 < \tau < 2),\quad "
    r"\frac{b}{(\tau-1) n^{\tau-1}}\ (\tau \ge 2),\quad "
    r"M = \Big(\frac{(1+b)^{1/(2-\tau)} + (1-b)^{1/(2-\tau)}}{2}\Big)^{2-\tau},\quad \gamma = T^{-1}",
    parameters=HConsistencyTransformParameters,
    inputs=(
        Input(
            name="value",
            shape=("N",),
            domain=Real(
                interval=AtLeast(0),
                restricted=Restricted(when={"direction": OneOf(values=("T",))}, interval=Between(0, 1)),
            ),
            meaning="0-1 error b for T, surrogate error t for gamma and gamma_upper",
        ),
    ),
    output=("N",),
    claims=(
        PermutationInvariant(over="batch").holds(source="entry by entry"),
        Monotone(on="value", direction="increasing").holds(source="T increases, hence its inverse"),
        NonNegative().holds(source="T(0) = 0, and T increases"),
        ZeroAt(where={"value": 0.0}).holds(source="T(0) = 0"),
        Bounded(lower=0.0, upper=(2 ** (1 - TAU) - 1) / (1 - TAU), reach="attained").holds(
            when={"direction": "T", "tau": Between(0, 1, "left")}, source="T(1)"
        ),
        Bounded(lower=0.0, upper=log(2), reach="attained").holds(when={"direction": "T", "tau": 1}, source="T(1)"),
        Bounded(lower=0.0, upper=(2 ** (TAU - 1) - 1) * RATE, reach="attained").holds(
            when={"direction": "T", "tau": Between(1, 2, "neither")}, source="T(1)"
        ),
        Bounded(lower=0.0, upper=RATE, reach="attained").holds(
            when={"direction": "T", "tau": AtLeast(2)}, source="T(1)"
        ),
        Bounded(lower=0.0, upper=1.0, reach="attained").holds(
            when={"direction": "gamma"}, source="an error of the 0-1 loss; 1 from T(1) on"
        ),
        Bounded().fails(when={"direction": "gamma_upper", "tau": Between(0, 1.9)}, source="grows like a square root"),
        Convex(on="value").holds(
            when={"direction": "T"},
            source="a multiple of what the Bayes risk of two classes, concave, falls by from b = 0",
        ),
        Concave(on="value").fails(
            when={"direction": "T", "tau": Between(0, 1.9), "num_classes": Between(2, 10)},
            source="below the chord from 0 to 1",
        ),
        Concave(on="value").holds(
            when={"direction": BACK}, source="inverse of a convex increasing map, constant from T(1) on; a square root"
        ),
        Convex(on="value").fails(
            when={"direction": BACK, "tau": Between(0, 1.9)}, source="above the chord from 0 to T(1)"
        ),
        BOUND.holds(
            when={"direction": "gamma_upper", "tau": Between(0, 1)},
            source="T(b) >= b^2 / (2^tau (2 - tau)), near 0 no more",
        ),
        LOOSE.holds(
            when={"direction": "gamma_upper", "tau": Between(1, 2, "neither")},
            source="T(b) >= b^2 / (2 n^(tau-1))",
            note="near 0 it is larger than gamma by 1 / sqrt(2 - tau), at T(1) by more than 1.17",
        ),
        BOUND.holds(when={"direction": "gamma_upper", "tau": AtLeast(2)}, source="equal up to T(1)"),
        ReducesTo(other="torch.nn.Identity", relation="affine", scale=RATE).holds(
            when={"direction": "T", "tau": AtLeast(2)}, source="linear"
        ),
        ReducesTo(other="torch.nn.Identity", relation="affine", scale=1 / RATE).holds(
            when={"direction": "gamma_upper", "tau": Between(2, 10)}, source="linear"
        ),
    ),
    references=("mao2023cross",),
    examples=(
        Example(
            inputs={"value": [0.1, 0.6, 1.0]}, reduction="none", expected=[0.005008366846, 0.192744757, 0.6931471806]
        ),
        Example(
            parameters={"direction": "gamma", "tau": 0.5},
            inputs={"value": [0.05, 0.4]},
            reduction="none",
            expected=[0.3216495947, 0.8243404295],
        ),
        Example(
            parameters={"tau": 1.5, "num_classes": 10},
            inputs={"value": [0.3, 0.9]},
            reduction="none",
            expected=[0.02784742874, 0.2184263634],
        ),
        Example(
            parameters={"tau": 0.995, "num_classes": 3},
            inputs={"value": [0.05, 0.4, 0.9, 1.0]},
            reduction="none",
            expected=[0.001248623625191039, 0.08217517297333163, 0.49470595836833564, 0.6943497019005574],
            gradients={"value": [0.049965943501638105, 0.42318766350631637, 1.4760611400739883, 0.0]},
            note="T and its slope at tau = 0.995",
        ),
        Example(
            inputs={"value": [0.6, 1.0]},
            reduction="none",
            expected=[0.1927447570217575, 0.6931471805599453],
            gradients={"value": [0.6931471805599453, 0.0]},
            note="the slope is the inverse hyperbolic tangent",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 1.5, "num_classes": 2},
            inputs={"value": [0.5, 0.6]},
            reduction="none",
            expected=[0.9121988715113319, 1.0],
            gradients={"value": [1.0492303938074514, 0.0]},
            note="T(1) = 0.5858 lies between the two",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 0.5},
            inputs={"value": [0.9]},
            expected=1.0,
            gradients={"value": [0.0]},
            note="beyond T(1) = 0.8284",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 3.0},
            inputs={"value": [0.05, 0.2]},
            reduction="none",
            expected=[0.4, 1.0],
            gradients={"value": [8.0, 0.0]},
            note="linear up to T(1) = 1/8",
        ),
        Example(
            parameters={"tau": 1.005, "num_classes": 3},
            inputs={"value": [0.05, 0.4, 0.9]},
            reduction="none",
            expected=[0.0012499166565735332, 0.08222563336743685, 0.49355816534731956],
            gradients={"value": [0.05001737339597999, 0.4232593883810817, 1.4653799728633172]},
            note="T and its slope at tau = 1.005",
        ),
        Example(
            parameters={"tau": 0.0, "num_classes": 2},
            inputs={"value": [0.05, 0.9, 1.0]},
            reduction="none",
            expected=[0.0012507822280910543, 0.5641101056459327, 1.0],
            gradients={"value": [0.05006261743217589, 2.064741604835056, 0.0]},
            note="T and its slope at tau = 0.0",
        ),
        Example(
            parameters={"tau": 1.9, "num_classes": 4},
            inputs={"value": [0.001, 0.4, 0.9]},
            reduction="none",
            expected=[1.4358505686235686e-06, 0.09772662663768514, 0.24657533995054315],
            gradients={"value": [0.0028716563881296215, 0.2975136635892324, 0.29771485070355963]},
            note="T and its slope at tau = 1.9",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 0.5, "num_classes": 2},
            inputs={"value": [0.0, 1e-09, 0.001, 0.1, 0.75]},
            reduction="none",
            expected=[0.0, 4.605779350466081e-05, 0.04604648358654628, 0.4490960518870963, 0.9899564011699461],
            gradients={"value": [0.0, 23028.89674102215, 23.01193019011585, 2.128857757205635, 0.20406874524541185]},
            note="gamma and its slope at tau = 0.5",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 0.995, "num_classes": 3},
            inputs={"value": [0.001, 0.1, 0.5]},
            reduction="none",
            expected=[0.04474787332908982, 0.4398567700085357, 0.9035634890092876],
            gradients={"value": [22.366407266519605, 2.120500353612138, 0.6687537975422797]},
            note="gamma and its slope at tau = 0.995",
        ),
        Example(
            parameters={"direction": "gamma", "tau": 1.9, "num_classes": 3},
            inputs={"value": [1e-09, 0.001, 0.1]},
            reduction="none",
            expected=[2.3185665407916114e-05, 0.023282887724584284, 0.3309076861415523],
            gradients={"value": [11592.83280107367, 11.738772073580245, 2.600454968425273]},
            note="gamma and its slope at tau = 1.9",
        ),
        Example(
            parameters={"direction": "gamma_upper", "tau": 0.5, "num_classes": 2},
            inputs={"value": [0.0, 0.02]},
            reduction="none",
            expected=[0.0, 0.20597671439071177],
            gradients={"value": [0.0, 5.149417859767794]},
            note="the closed form and its slope at tau = 0.5",
        ),
        Example(
            parameters={"direction": "gamma_upper", "tau": 1.0, "num_classes": 2},
            inputs={"value": [0.0, 0.02]},
            reduction="none",
            expected=[0.0, 0.2],
            gradients={"value": [0.0, 5.0]},
            note="the closed form and its slope at tau = 1.0",
        ),
        Example(
            parameters={"direction": "gamma_upper", "tau": 1.5, "num_classes": 10},
            inputs={"value": [0.0, 0.02]},
            reduction="none",
            expected=[0.0, 0.3556558820077846],
            gradients={"value": [0.0, 8.891397050194614]},
            note="the closed form and its slope at tau = 1.5",
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="t of T(1) or more in gamma",
            expected="1, with zero gradient",
            examples=(
                Example(
                    parameters={"direction": "gamma"},
                    inputs={"value": [0.6931471806, 5.0]},
                    expected=1.0,
                    gradients={"value": [0.0, 0.0]},
                ),
                Example(
                    parameters={"direction": "gamma", "tau": 0.0},
                    inputs={"value": [0.5, 1.0]},
                    reduction="none",
                    expected=[0.8660254037844386, 1.0],
                    gradients={"value": [0.5773502691896258, 0.0]},
                    note="gamma is sqrt(t (2 - t)), and T(1) = 1",
                ),
                Example(
                    parameters={"direction": "gamma", "tau": 2.0},
                    inputs={"value": [0.25, 0.5]},
                    reduction="none",
                    expected=[0.5, 1.0],
                    gradients={"value": [2.0, 0.0]},
                    note="gamma is 2 t, and T(1) = 1/2",
                ),
            ),
        ),
        EdgeCase(
            case="t next to T(1) in gamma",
            expected="1 less what is left, to the last digits of it where these can be told",
            examples=(
                Example(
                    parameters={"direction": "gamma", "tau": 0.0},
                    inputs={"value": [0.99999999, 0.9999999999999999]},
                    reduction="none",
                    expected=[1.0, 1.0],
                ),
                Example(
                    parameters={"direction": "gamma", "tau": 1.0},
                    inputs={"value": [0.693147168234]},
                    expected=0.9999999988953714,
                    gradients={"value": [0.0938222555972776]},
                ),
                Example(
                    parameters={"direction": "gamma", "tau": 1.1},
                    inputs={"value": [0.16, 0.6696700846319255]},
                    reduction="none",
                    expected=[0.5433000648368999, 1.0],
                ),
                Example(
                    parameters={"direction": "gamma", "tau": 1.5},
                    inputs={"value": [0.18, 0.3, 0.585786437626]},
                    reduction="none",
                    expected=[0.5203445408834008, 0.6850285167143981, 0.9999999999990951],
                    gradients={"value": [1.5318826634238947, 1.2511986877531585, 1.0000000000004525]},
                    note="gamma is sqrt((1 + t / sqrt 2)^2 - 1)",
                ),
            ),
        ),
        EdgeCase(
            case="b outside [0, 1] in T, or a negative t",
            expected="refused by name, value and index; where values are not checked, taken for the nearest number that is not",
            examples=(
                Example(
                    inputs={"value": [0.5, 1.5]},
                    reduction="none",
                    refused="value",
                    expected=[0.13081203594113697, 0.6931471805599453],
                    gradients={"value": [0.5493061443340549, 0.0]},
                ),
                Example(
                    parameters={"direction": "gamma"},
                    inputs={"value": [-0.1]},
                    refused="value",
                    expected=0.0,
                    gradients={"value": [0.0]},
                ),
            ),
        ),
        EdgeCase(
            case="where a slope is infinite: T at 1 for tau <= 1, gamma and gamma_upper at 0 for tau < 2",
            expected="the gradient is 0, so that no product with it is nan; one that is not stays",
            examples=(
                Example(
                    parameters={"tau": 1.5},
                    inputs={"value": [1.0]},
                    expected=0.5857864376269049,
                    gradients={"value": [1.0]},
                    note="T is sqrt(2 + 2 b^2) - sqrt 2",
                ),
            ),
        ),
        EdgeCase(
            case="gamma_upper at t = 1/2 and tau = 1, where it is sqrt(2 t), and at tau = 2, where it is 2 t",
            expected="1 with the slope 1, and 1 with the slope 2",
            examples=(
                Example(
                    parameters={"direction": "gamma_upper"},
                    inputs={"value": [0.5]},
                    expected=1.0,
                    gradients={"value": [1.0]},
                ),
                Example(
                    parameters={"direction": "gamma_upper", "tau": 2.0},
                    inputs={"value": [0.5]},
                    expected=1.0,
                    gradients={"value": [2.0]},
                ),
            ),
        ),
        EdgeCase(
            case="tau close to 1",
            expected="continuous: no cancellation",
            examples=(
                Example(parameters={"tau": 1 + 1e-10}, inputs={"value": [0.6]}, expected=0.192744757),
                Example(parameters={"tau": 1 - 1e-10}, inputs={"value": [0.6]}, expected=0.192744757),
            ),
        ),
    ),
    notes=(
        "gamma is found by Newton's method on logarithms, eight steps; the gradients are the closed slopes, T'(b) and "
        "1 / T'(gamma), and have none of their own.",
        "Computed in float64, whatever the dtype, for the brackets cancel near tau = 1 and near b = 0.",
        "comp_sum claims the bounds: they are attained for tau <= 1, for tau = 2, and between the two for two classes.",
    ),
    graph_accepts=(
        Accepted(input="value", wrong="outside the domain", meaning="taken for the nearest number that is not"),
        Accepted(input="value", wrong="not a number", answer="nan", meaning="nan in its entry"),
    ),
    module="losskit.plugins.law.h_consistency_transform.loss:HConsistencyTransform",
    oracle="losskit.plugins.law.h_consistency_transform.reference:h_consistency_transform",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the error transformation."""
    return SPEC
