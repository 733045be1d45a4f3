"""Direct coverage: the log loss of finding the answer in several samples."""

from pydantic import Field

from losskit.spec import Accepted, AtLeast, Below, Between, EdgeCase, Example, LossSpec, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END, SCORES_FOR_EVERY_LABEL
from losskit.spec.expressions import ids, log, log1mexp, maximum, minimum, one_hot, symbol, transpose
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    ReducesTo,
    ShiftInvariant,
    StrictlyProper,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.tensors import class_target, logits

RIGHT = {"logits": one_hot(symbol("target"), symbol("V"))}
SEVERAL = {"V": AtLeast(2)}
TOKENS = [[[1.0, 0.0, -1.0], [0.5, 0.5, 0.0]], [[0.0, 2.0, 0.0], [1.0, -1.0, 0.0]]]
ANSWERS = {"logits": TOKENS, "target": [[0, 2], [1, -100]]}
UNLIKELY = {"logits": [[[-1000.0, 0.0]]], "target": [[0]]}
T, N = symbol("t"), symbol("n_samples")
# -log(1 - (1 - exp(-t))^N), written for every t: 1 - exp(-0) is 0, and where exp(-t) underflows what is left is t - log N
MISSED = maximum(-log1mexp(-N * log1mexp(minimum(maximum(T, 1e-300), 700.0))), T - log(N))


class DirectCoverageParameters(Parameters):
    """Parameters of direct coverage."""

    n_samples: float = Field(256.0, ge=1, description="N of pass@N, the number of samples at test time")
    ignore_index: int = Field(-100, description="target of tokens that are left out, padding and prompt")


SPEC = LossSpec(
    name="direct_coverage",
    title="Direct coverage optimisation (DCO)",
    task="language",
    summary="Negative log of pass@N for a correct answer. Take it to fine-tune a model that may answer N times: it stops "
    "pushing once an answer is likely enough, p of the order of 1/N, and so limits overconfidence.",
    formula=r"\ell(z, y) = -\log\big(1 - (1 - p)^N\big),\quad \log p = \sum_t \log \mathrm{softmax}(z_t)_{y_t}",
    parameters=DirectCoverageParameters,
    inputs=(
        logits("B", "T", "V", meaning="next-token scores; those at a position predict the target there"),
        class_target("B", "T", classes="V", ignore="ignore_index"),
    ),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="V").holds(source="log-softmax, token by token"),
        PermutationInvariant(over="batch").holds(source="sum over sequences"),
        PermutationInvariant(over="classes").holds(
            when={"ignore_index": Below(0)},
            source="only the targets' probabilities enter",
            note="an ignored token id would have to be relabelled along",
        ),
        NonNegative().holds(source="minus the logarithm of a probability"),
        Bounded().fails(when=SEVERAL, source="p tends to 0: grows like -log p - log N"),
        Monotone(on="n_samples", direction="decreasing").holds(source="more samples miss less often"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="the value decreases with p"),
        Convex(on="logits").holds(
            source="log p is concave; the value decreases in it with slope -F(N, p), and F decreases with p: convex"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p = 1 gives 1 - 0^N = 1"),
        ZeroAt(where=RIGHT).fails(
            when={**SEVERAL, "n_samples": Between(1, 8)}, source="T=1, V=2, N=1: log(1 + exp(-1)) = 0.3133"
        ),
        UpperBounds(target="direct_coverage", parameters={"n_samples": 256.0}).holds(
            when={"n_samples": 1, "ignore_index": Below(0), **SEVERAL},
            source="cross-entropy is above pass@N for every N: (1 - p)^N <= 1 - p; both grow like -log p",
        ),
        UpperBounds(target="direct_coverage", parameters={"n_samples": 1.0}, offset=log(symbol("n_samples"))).holds(
            when={"ignore_index": Below(0), **SEVERAL},
            source="a union bound, 1 - (1 - p)^N <= N p: cross-entropy is no more than log N above",
        ),
        UpperBounds(target="direct_coverage", parameters={"n_samples": 1.0}).fails(
            when={"n_samples": AtLeast(2), "ignore_index": Below(0), **SEVERAL}, source="below cross-entropy for N > 1"
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        StrictlyProper().holds(
            when={"n_samples": 1, "ignore_index": Below(0)}, source="one token: the logarithmic score"
        ),
        Proper().fails(
            when={"n_samples": AtLeast(2), "ignore_index": Below(0), **SEVERAL},
            source="it hedges: answers of shares .6 and .4, N=2: least at p=.56047, N=8: at p=.51441",
            note="true for every N above 1; the excess near 1 sinks below what a search resolves",
        ),
        ReducesTo(
            other="direct_coverage_step",
            parameters={"n_eff": symbol("n_samples"), "ignore_index": symbol("ignore_index")},
            inputs={"step_ids": ids(0.0 * symbol("target"))},
        ).holds(source="one step a sequence"),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            parameters={"ignore_index": symbol("ignore_index")},
            inputs={"input": transpose(symbol("logits")), "target": symbol("target")},
            relation="affine",
            scale=symbol("T"),
        ).holds(
            when={"n_samples": 1}, source="-log p, the sum over tokens; the framework's is compared token by token"
        ),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            parameters={"ignore_index": symbol("ignore_index")},
            inputs={"input": transpose(symbol("logits")), "target": symbol("target")},
            relation="function",
            scale=symbol("T"),
            through=MISSED,
        ).holds(
            source="t = -log p, so 1 - p = 1 - exp(-t); its slope F(N, p) = N (1 - p)^(N-1) p / (1 - (1 - p)^N) is the factor "
            "between the gradients (paper)"
        ),
    ),
    references=("chen2025rethinking",),
    examples=(
        Example(
            parameters={"n_samples": 16.0}, reduction="none", inputs=ANSWERS, expected=[0.07022935897, 1.796921014e-11]
        ),
        Example(parameters={"n_samples": 1.0}, inputs=ANSWERS, expected=1.052585409),
        Example(inputs={"logits": [[[-6.0, 0.0, 0.5]]], "target": [[0]]}, expected=1.546709387),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="all tokens of a sequence ignored, or T = 0",
            expected="0 with zero gradient, and no part in the divisor of the mean",
            examples=(
                Example(
                    parameters={"n_samples": 1.0},
                    inputs={**ANSWERS, "target": [[-100, -100], [1, -100]]},
                    expected=0.2395447662218846,
                ),
                Example(
                    inputs={**ANSWERS, "target": [[-100, -100], [-100, -100]]}, reduction="none", expected=[0.0, 0.0]
                ),
                Example(inputs={"logits": [[[float("nan"), 0.0]]], "target": [[-100]]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="p rounds to 1",
            expected="0 with zero gradient, no nan",
            examples=(Example(inputs={"logits": [[[1e4, -1e4]]], "target": [[0]]}, expected=0.0),),
        ),
        EdgeCase(
            case="p underflows",
            expected="-log p - log N, not inf, with the gradient of cross-entropy",
            examples=(Example(inputs=UNLIKELY, expected=994.4548225555204),),
        ),
        EdgeCase(
            case="N p of the order of 1e-8",
            expected="the gradient is that of cross-entropy times 1 - (N - 1) p / 2",
            examples=(
                Example(
                    parameters={"n_samples": 1.5},
                    inputs={"logits": [[[-18.6, 0.0]]], "target": [[0]]},
                    expected=18.194534902339823,
                    gradients={"logits": [[[-0.99999998955201247, 0.99999998955201247]]]},
                ),
            ),
        ),
        EdgeCase(
            case="n_samples below 1",
            expected="refused when the loss is created",
            examples=(Example(parameters={"n_samples": 0.5}, inputs=UNLIKELY, refused="n_samples"),),
        ),
        EdgeCase(
            case="target outside 0..V-1 that is not ignore_index",
            expected="refused by name and index, never wrapped around",
            examples=(Example(inputs={**ANSWERS, "target": [[0, 3], [1, -100]]}, refused="target"),),
        ),
        EdgeCase(case="nan or inf in the scores", expected="nan in that sequence only"),
    ),
    notes=(
        "Tokens are summed, not averaged: p is the probability of the whole answer. Nothing is shifted inside: scores at a "
        "position must already predict the target there.",
        "The gradient is that of cross-entropy times F(N, p) = N (1-p)^(N-1) p / (1 - (1-p)^N), in [0, 1]: 1 for p far "
        "below 1/N, 0 for p near 1. Nothing is detached.",
        "max(0, -log p - log N) <= value <= -log p, by the union bound.",
        "The paper's training swaps examples whose F is small for others; that is outside the loss.",
    ),
    graph_accepts=(
        FROM_THE_END,
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="the value of the first sequence, or of every first token, alone; the others are left out",
        ),
        SCORES_FOR_EVERY_LABEL,
    ),
    module="losskit.plugins.language.direct_coverage.loss:DirectCoverageLoss",
    oracle="losskit.plugins.language.direct_coverage.reference:direct_coverage",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of direct coverage."""
    return SPEC
