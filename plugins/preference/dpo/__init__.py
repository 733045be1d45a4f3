"""Direct preference optimisation: a logistic loss on the margin of policy-to-reference log-ratios."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, Parameters, hookimpl
from losskit.spec.expressions import log, sqrt, symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    Convex,
    Differentiable,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    ShiftInvariant,
    Smooth,
    StrictlyConvex,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import real

BETA, SMOOTHING = symbol("beta"), symbol("label_smoothing")
POLICY = ("policy_chosen_logps", "policy_rejected_logps")
REFERENCE = ("reference_chosen_logps", "reference_rejected_logps")
CHOSEN, REJECTED = (symbol(name) for name in POLICY)
POLICY_MARGIN = CHOSEN - REJECTED
MARGIN = POLICY_MARGIN - (symbol(REFERENCE[0]) - symbol(REFERENCE[1]))
EVEN = symbol(REFERENCE[0]) - symbol(REFERENCE[1])  # the margin of the reference
BEST = log((1 - SMOOTHING) / SMOOTHING) / BETA  # the margin at which z is the log-odds of the smoothed label
LEAD = {POLICY[0]: 1.0}
SMOOTH = {"label_smoothing": Between(0.01, 0.5)}
PAIRS = dict(zip((*POLICY, *REFERENCE), ([-12.0, -9.5], [-11.0, -15.0], [-13.0, -9.0], [-10.5, -13.0]), strict=True))
PAIR = {name: values[:1] for name, values in PAIRS.items()}


def at_margin(*margins: float) -> dict[str, list[float]]:
    """Inputs whose log-ratios differ by these margins."""
    zeros = [0.0] * len(margins)
    return {POLICY[0]: list(margins), POLICY[1]: zeros, REFERENCE[0]: zeros, REFERENCE[1]: zeros}


FREE = {"reference_free": OneOf(values=(True,))}


class DPOParameters(Parameters):
    """Parameters of direct preference optimisation."""

    beta: float = Field(0.1, gt=0, description="inverse temperature: strength of the implicit KL constraint")
    label_smoothing: float = Field(0.0, ge=0, le=0.5, description="probability that a preference label is flipped")
    reference_free: bool = Field(False, description="ignore the reference log-probabilities")


SPEC = LossSpec(
    name="dpo",
    title="Direct preference optimisation",
    task="preference",
    summary="Trains a language model on preference pairs without a reward model, by a logistic loss on the difference of "
    "policy-to-reference log-ratios. The usual first choice for paired preferences with a reference model.",
    formula=r"\ell = -(1-\varepsilon) \log \sigma(z) - \varepsilon \log \sigma(-z),\quad "
    r"z = \beta \big[ (a - b) - (a_0 - b_0) \big]",
    parameters=DPOParameters,
    inputs=(
        real(POLICY[0], "B", meaning="policy log-probability of the preferred completion, summed over its tokens"),
        real(POLICY[1], "B", meaning="policy log-probability of the dispreferred completion, summed over its tokens"),
        real(
            REFERENCE[0],
            "B",
            role="reference",
            optional=True,
            meaning="the same of the preferred one under the reference",
        ),
        real(
            REFERENCE[1],
            "B",
            role="reference",
            optional=True,
            meaning="the same of the dispreferred one, reference model",
        ),
    ),
    output=("B",),
    claims=(
        PermutationInvariant(over="batch").holds(source="mean of one term a pair"),
        ShiftInvariant(on=POLICY).holds(source="only the difference enters"),
        ShiftInvariant(on=REFERENCE).holds(source="only the difference enters"),
        ArgumentSymmetric(a=POLICY[0], b=POLICY[1]).holds(
            when={"label_smoothing": 0.5, "reference_free": True}, source="even in z, and the exchange negates z"
        ),
        ArgumentSymmetric(a=POLICY[0], b=POLICY[1]).fails(
            when={"label_smoothing": Between(0, 0.4)}, source="a preference reversed: z=1 gives 0.3133, z=-1 1.3133"
        ),
        NonNegative().holds(source="softplus is positive"),
        Bounded().fails(source="grows like (1 - eps) |z| as z falls"),
        Convex(on=POLICY).holds(source="softplus of an affine map"),
        StrictlyConvex(on=POLICY[0]).holds(
            when={"beta": Between(0.1, 1)},
            source="the second derivative beta^2 s (1 - s) is positive",
            note="true for every beta; where beta times the margin is large the curvature is below what is called flat",
        ),
        StrictlyConvex(on=POLICY[1]).holds(when={"beta": Between(0.1, 1)}, source="as above"),
        StrictlyConvex(on=POLICY).fails(source="constant along (1, 1)"),
        ZeroAt(where=LEAD, reach="approached").holds(
            when={"label_smoothing": 0.0, "beta": AtLeast(0.01)}, source="softplus(-z) tends to 0, and never reaches it"
        ),
        ZeroAt(where=LEAD, reach="approached").fails(
            when={**SMOOTH, "beta": AtLeast(0.01)}, source="the flipped label costs eps z"
        ),
        MinimisedAt(where={POLICY[0]: REJECTED + EVEN + BEST}).holds(
            when={**SMOOTH, "reference_free": False},
            source="z = log((1-eps)/eps), where the value is the binary entropy of eps",
        ),
        MinimisedAt(where={POLICY[0]: REJECTED + BEST}).holds(
            when={**SMOOTH, "reference_free": True}, source="as above, without the reference"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2), margin=MARGIN).holds(
            when={"label_smoothing": 0.0, "reference_free": False}, source="1[z <= 0] <= log(1 + exp(-z)) / log 2"
        ),
        UpperBounds(target="zero_one", factor=1 / log(2), margin=POLICY_MARGIN).holds(
            when={"label_smoothing": 0.0, "reference_free": True}, source="as above, without the reference"
        ),
        UpperBounds(target="zero_one", margin=POLICY_MARGIN).fails(
            when={"reference_free": True}, source="z=0 gives log 2 < 1"
        ),
        Lipschitz(on=POLICY, constant=BETA * sqrt(2) * (1 - SMOOTHING)).holds(
            source="|dl/dz| <= max(1 - eps, eps) = 1 - eps, and z has the gradient beta (1, -1)"
        ),
        Smooth(on=POLICY, constant=BETA**2 / 2).holds(source="the second derivative by z is at most 1/4"),
        Monotone(on=POLICY[0], direction="decreasing").holds(when={"label_smoothing": 0.0}, source="sign of dl/dz"),
        Monotone(on=POLICY[1], direction="increasing").holds(when={"label_smoothing": 0.0}, source="sign of dl/dz"),
        Monotone(on=POLICY[0], direction="decreasing").fails(
            when={"label_smoothing": Between(0, 0.5, "right")},
            source="turns up after z = log((1-eps)/eps): eps=0.1, beta=1 gives 0.3251 at z=2.2 and 0.6025 at z=6",
        ),
        Monotone(on=POLICY[1], direction="increasing").fails(
            when={"label_smoothing": Between(0, 0.5, "right")}, source="as above, with the sign of z exchanged"
        ),
        Differentiable(on=POLICY, order=0).holds(source="composition of smooth maps"),
        ReducesTo(
            other="torch.nn.BCEWithLogitsLoss", inputs={"input": BETA * MARGIN, "target": 0 * CHOSEN + (1 - SMOOTHING)}
        ).holds(when={"reference_free": False}, source="logits z against the target 1 - eps"),
        ReducesTo(
            other="torch.nn.BCEWithLogitsLoss",
            inputs={"input": BETA * POLICY_MARGIN, "target": 0 * CHOSEN + (1 - SMOOTHING)},
        ).holds(when={"reference_free": True}, source="logits z against the target 1 - eps"),
    ),
    references=("rafailov2023direct",),
    examples=(
        Example(inputs=PAIRS, reduction="none", expected=[0.6209570478, 0.6209570478]),
        Example(inputs=PAIRS, parameters={"beta": 0.5, "label_smoothing": 0.1}, expected=0.4618710061),
        Example(inputs=PAIR, parameters={"beta": 0.25, "reference_free": True}, expected=0.8259394199),
    ),
    edge_cases=(
        EdgeCase(
            case="z = +-1e4",
            expected="finite: 0 or |z|, gradient 0 or -+beta",
            examples=(
                Example(inputs=at_margin(1e4, -1e4), parameters={"beta": 1.0}, reduction="none", expected=[0.0, 1e4]),
            ),
        ),
        EdgeCase(case="B = 0", expected="mean and sum 0 with zero gradient, none the empty tensor"),
        EdgeCase(
            case="reference inputs missing and reference_free is false",
            expected="refused: the first one missing is named",
            examples=(
                Example(inputs={name: PAIR[name] for name in POLICY}, refused=REFERENCE[0]),
                Example(inputs={name: PAIR[name] for name in (*POLICY, REFERENCE[0])}, refused=REFERENCE[1]),
            ),
        ),
        EdgeCase(
            case="reference inputs given and reference_free is true",
            expected="ignored",
            examples=(
                Example(
                    inputs={name: PAIR[name] for name in POLICY},
                    parameters={"beta": 0.25, "reference_free": True},
                    expected=0.8259394199,
                ),
            ),
        ),
        EdgeCase(
            case="an infinite log-probability",
            expected="reaches its own pair only; nan only where both terms of a difference are the same infinity",
        ),
        EdgeCase(case="B = 1", expected="the plain value", examples=(Example(inputs=PAIR, expected=0.6209570478),)),
    ),
    notes=(
        "Log-probabilities are sums over the tokens of the completion, without those of the prompt; averages over tokens "
        "are another loss.",
        "Log-ratios are formed in float32 or wider: in half precision the difference of two sums over hundreds of tokens "
        "has no digits left, so pass float32 sums where you can.",
        "No gradient flows to the reference inputs.",
    ),
    graph_accepts=(
        *(Accepted(input=name, wrong="an axis of size 1", meaning="taken for every pair") for name in POLICY),
        *(Accepted(input=name, wrong="an axis of size 1", meaning="taken for every pair") for name in REFERENCE),
        *(Accepted(input=name, wrong="an axis too long", meaning="not read", when=FREE) for name in REFERENCE),
        *(Accepted(input=name, wrong="an axis too short", meaning="not read", when=FREE) for name in REFERENCE),
    ),
    module="losskit.plugins.preference.dpo.loss:DPOLoss",
    oracle="losskit.plugins.preference.dpo.reference:dpo",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of direct preference optimisation."""
    return SPEC
