"""Step-wise direct coverage: the log loss of finding each step of an answer in several samples."""

from pydantic import Field

from losskit.spec import AtLeast, Below, Between, EdgeCase, Example, LossSpec, Narrowing, Parameters, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END
from losskit.spec.expressions import ids, log, one_hot, symbol, transpose
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
from losskit.spec.tensors import ClassIndex, Input, class_target, logits

RIGHT = {"logits": one_hot(symbol("target"), symbol("V"))}
SEVERAL = {"V": AtLeast(2)}
IGNORED = {"ignore_index": symbol("ignore_index")}
TOKENS = {"logits": [[[1.0, 0.0, -1.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]], "target": [[0, 2, 1]]}
PROOF = {**TOKENS, "step_ids": [[0, 0, 1]]}


class DirectCoverageStepParameters(Parameters):
    """Parameters of step-wise direct coverage."""

    n_eff: float = Field(8.0, ge=1, description="N_eff, the branching factor of the search; about budget^(1/steps)")
    ignore_index: int = Field(-100, description="target of tokens that are left out, padding and prompt")


SPEC = LossSpec(
    name="direct_coverage_step",
    title="Step-wise direct coverage optimisation (DCO-step)",
    task="language",
    summary="Direct coverage of every step of an answer (a tactic of a proof) by itself. Take it to fine-tune for a tree "
    "search that samples each step: k steps are then found by about N_eff^k samples.",
    formula=r"\ell(z, y) = \sum_k -\log\big(1 - (1 - p_k)^{N}\big),\quad "
    r"\log p_k = \sum_{t:\, s_t = k} \log \mathrm{softmax}(z_t)_{y_t}",
    parameters=DirectCoverageStepParameters,
    inputs=(
        logits("B", "T", "V", meaning="next-token scores; those at a position predict the target there"),
        class_target("B", "T", classes="V", ignore="ignore_index"),
        Input(
            name="step_ids",
            shape=("B", "T"),
            dtype="int64",
            domain=ClassIndex(),
            role="reference",
            differentiable=False,
            meaning="step of each token, any number from 0 on; -1 outside every step",
        ),
    ),
    output=("B",),
    claims=(
        ShiftInvariant(on="logits", axis="V").holds(source="log-softmax, token by token"),
        PermutationInvariant(over="batch").holds(source="sum over the steps of all sequences"),
        PermutationInvariant(over="classes").holds(
            when={"ignore_index": Below(0)},
            source="only the targets' probabilities enter",
            note="an ignored token id would have to be relabelled along",
        ),
        NonNegative().holds(source="minus the logarithms of probabilities"),
        Bounded().fails(when=SEVERAL, source="p_k tends to 0: grows like -log p_k - log N"),
        Monotone(on="n_eff", direction="decreasing").holds(source="more samples miss less often"),
        Monotone(on="logits", part="label", direction="decreasing").holds(source="the value decreases with each p_k"),
        Convex(on="logits").holds(
            source="log p_k is concave; the value decreases in it with slope -F(N, p_k), and F decreases with p_k: convex"
        ),
        ZeroAt(where=RIGHT, reach="approached").holds(source="p_k = 1 gives 1 - 0^N = 1"),
        ZeroAt(where=RIGHT).fails(
            when={**SEVERAL, "n_eff": Between(1, 8)}, source="T=1, V=2, N=1: log(1 + exp(-1)) = 0.3133"
        ),
        UpperBounds(target="direct_coverage_step", parameters={"n_eff": 8.0}).holds(
            when={"n_eff": 1, "ignore_index": Below(0), **SEVERAL},
            source="cross-entropy is above it for every N: (1 - p)^N <= 1 - p; both grow like -log p",
        ),
        UpperBounds(
            target="direct_coverage_step",
            parameters={"n_eff": 1.0},
            offset=symbol("T") * log(symbol("n_eff")),
            tight=False,
        ).holds(
            when={"ignore_index": Below(0), **SEVERAL},
            source="a union bound, 1 - (1 - p_k)^N <= N p_k, for T steps at most; reached where there are as many",
        ),
        Differentiable(on="logits", order=0).holds(source="composition of smooth maps"),
        StrictlyProper().holds(
            when={"n_eff": 1, "ignore_index": Below(0)}, source="one step of one token: the logarithmic score"
        ),
        Proper().fails(
            when={"n_eff": AtLeast(2), "ignore_index": Below(0), **SEVERAL},
            source="it hedges: steps of shares .6 and .4, N=2: least at p=.56047, N=8: at p=.51441",
            note="true for every N above 1; the excess near 1 sinks below what a search resolves",
        ),
        ReducesTo(
            other="direct_coverage_step",
            parameters={"n_eff": symbol("n_eff"), "ignore_index": symbol("ignore_index")},
            inputs={"step_ids": ids(1e6 - symbol("step_ids"))},
        ).holds(source="step ids are names: others, in another order, mean the same steps"),
        ReducesTo(
            other="direct_coverage",
            parameters={"n_samples": symbol("n_eff"), **IGNORED},
            given={"step_ids": (0.0,)},
        ).holds(source="one step a sequence", note="a mean over steps is then one over sequences"),
        ReducesTo(
            other="torch.nn.CrossEntropyLoss",
            parameters=IGNORED,
            inputs={"input": transpose(symbol("logits")), "target": symbol("target")},
            relation="affine",
            scale=symbol("T"),
        ).holds(
            when={"n_eff": 1},
            source="-log p_1 - log p_2 - ..., the sum over tokens; the framework's is compared token by token",
            note="the mean here divides by the number of steps",
        ),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            reason="the mean divides by the number of steps in the batch: a ratio of sums, not a mean of means",
        ),
    ),
    references=("chen2025rethinking",),
    examples=(
        Example(inputs=PROOF, expected=0.1513596628),
        Example(
            parameters={"n_eff": 16.0},
            reduction="none",
            inputs={**TOKENS, "step_ids": [[0, 1, -1]]},
            expected=[0.01454217041],
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="a step whose tokens are all ignored",
            expected="dropped: it adds nothing and does not count",
            examples=(
                Example(
                    inputs={**PROOF, "target": [[0, 2, -100]]},
                    expected=0.3016765391392918,
                    note="the first step alone",
                ),
            ),
        ),
        EdgeCase(
            case="no step at all, every token ignored, or T = 0",
            expected="mean and sum 0 with zero gradient, none zeros; an error under losskit.debug()",
            examples=(
                Example(inputs={**TOKENS, "step_ids": [[-1, -1, -1]]}, expected=0.0),
                Example(inputs={**PROOF, "target": [[-100, -100, -100]]}, reduction="none", expected=[0.0]),
                Example(inputs={"logits": [[[float("nan"), 0.0]]], "target": [[0]], "step_ids": [[-1]]}, expected=0.0),
            ),
        ),
        EdgeCase(
            case="step ids that are huge, leave some out or come in no order",
            expected="allowed: they are names, tokens of one step have equal ones",
            examples=(
                Example(
                    inputs={
                        "logits": [[[0.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.5, 0.5, 0.0]]],
                        "target": [[1, 0, 2]],
                        "step_ids": [[3, 2**62, 2**62]],
                    },
                    expected=0.1513596628,
                ),
            ),
        ),
        EdgeCase(
            case="p_k underflows",
            expected="-log p_k - log N, not inf",
            examples=(
                Example(
                    inputs={"logits": [[[-1000.0, 0.0]]], "target": [[0]], "step_ids": [[0]]},
                    expected=997.9205584583201,
                ),
            ),
        ),
        EdgeCase(
            case="n_eff below 1",
            expected="refused when the loss is created",
            examples=(Example(parameters={"n_eff": 0.5}, inputs=PROOF, refused="n_eff"),),
        ),
        EdgeCase(
            case="target outside 0..V-1 that is not ignore_index",
            expected="refused by name and index, outside the steps too",
            examples=(
                Example(inputs={**PROOF, "target": [[0, 3, 1]]}, refused="target"),
                Example(inputs={**TOKENS, "target": [[0, 2, 3]], "step_ids": [[0, 0, -1]]}, refused="target"),
            ),
        ),
        EdgeCase(case="nan or inf in the scores", expected="nan in that sequence only"),
    ),
    notes=(
        "Each step is one training example: the mean divides by the steps of the whole batch, not by sequences, and none sums "
        "over the steps of each sequence. A mean of such means over batches or workers is another number.",
        "Nothing is shifted inside: scores at a position must already predict the target there.",
        "The gradient is that of cross-entropy times F(N, p_k) = N (1-p)^(N-1) p / (1 - (1-p)^N), in [0, 1], for the tokens "
        "of step k. Nothing is detached. max(0, -log p_k - log N) <= value of a step <= -log p_k.",
        "Ids are sorted, O(T log T) beside the O(T V) of the softmax; no memory beyond (B, T).",
        "sample_weight has the shape (B,): a sequence's steps count as often as it says.",
    ),
    graph_accepts=(FROM_THE_END,),
    module="losskit.plugins.language.direct_coverage_step.loss:DirectCoverageStepLoss",
    oracle="losskit.plugins.language.direct_coverage_step.reference:direct_coverage_step",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of step-wise direct coverage."""
    return SPEC
