"""Linear cross-entropy: the log loss of a vocabulary, from hidden states and classifier matrix."""

from typing import Annotated, Literal

from pydantic import Field

from losskit.spec import (
    Above,
    Accepted,
    AtLeast,
    Between,
    EdgeCase,
    Example,
    LossSpec,
    Narrowing,
    OneOf,
    Parameters,
    hookimpl,
)
from losskit.spec.cases import LABEL_FOR_ONE_ROW
from losskit.spec.expressions import symbol, transpose
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Homogeneous,
    NonNegative,
    PermutationInvariant,
    QuasiConvex,
    ReducesTo,
    RotationInvariant,
    ShiftInvariant,
    SpatialInvariant,
    StrictlyConvex,
)
from losskit.spec.tensors import class_target, real

HIDDEN = [[1.0, 0.5], [-0.5, 2.0]]
WEIGHT = [[0.5, 0.0], [1.0, -0.6], [0.2, 1.0]]
TOKENS = {"hidden": HIDDEN, "weight": WEIGHT, "target": [0, 2]}
UNSMOOTHED = {"label_smoothing": OneOf(values=(0.0,))}
SMOOTHED = {"label_smoothing": Between(0, 1, "neither")}
# blocks of 256, 256 and 1 classes, in each of which one score is far from the others: ahead of them or behind
BLOCKS = [[20.0], *[[0.5]] * 255, *[[1.0]] * 255, [-20.0], [20.0]]
SEQUENCE = {"hidden": [[[1.0, 0.5], [-0.5, 2.0], [0.3, 0.3]]], "weight": WEIGHT, "target": [[1, 0, 2]]}


class LinearCrossEntropyParameters(Parameters):
    """Parameters of linear cross-entropy."""

    ignore_index: int = Field(-100, description="target of tokens that are left out")
    softcap: float | None = Field(None, gt=0, description="c of the soft-capped logits c tanh(z / c); Gemma 2 uses 30")
    shift: int = Field(0, ge=0, description="predict the k-th next token; below the length of the sequence")
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="mass moved from the target to the uniform distribution"
    )
    filter_eps: Annotated[float, Field(ge=0)] | Literal["auto"] | None = Field(
        None,
        description="blocks of softmax - target below this are left out of the gradient; None is exact, auto the "
        "resolution of the inputs' dtype over 32",
    )
    chunk_size: int | None = Field(
        None,
        ge=1,
        description="tokens a block of logits; changes memory and time, no value",
        json_schema_extra={"tuning": True},
    )


SPEC = LossSpec(
    name="linear_cross_entropy",
    title="Linear cross-entropy (Cut Cross-Entropy)",
    task="language",
    summary="Cross-entropy of a linear classifier taken from the hidden states and the classifier matrix, without "
    "holding the logits. The same number as cross_entropy(hidden @ weight.T, target); use it for large vocabularies.",
    formula=r"z_n = W h_n + b,\quad z_n \leftarrow c \tanh(z_n / c) \text{ with a softcap } c,\quad "
    r"\ell_n = \log\sum_v e^{z_{nv}} - (1-\varepsilon)\, z_{n t_n} - \frac{\varepsilon}{V}\sum_v z_{nv}",
    parameters=LinearCrossEntropyParameters,
    inputs=(
        real("hidden", "*N", "D", meaning="hidden states"),
        real("weight", "V", "D", role="parameter", meaning="classifier matrix"),
        class_target("*N", classes="V", ignore="ignore_index"),
        real("bias", "V", role="parameter", optional=True, meaning="classifier bias"),
    ),
    output=("*N",),
    claims=(
        NonNegative().holds(source="minus the logarithm of a probability"),
        PermutationInvariant(over="batch").holds(
            when={"shift": 0}, source="sum over tokens", note="a shift pairs neighbours, so their order matters"
        ),
        PermutationInvariant(over="batch").fails(
            when={"shift": AtLeast(1), "V": AtLeast(2)}, source="other tokens become neighbours"
        ),
        SpatialInvariant().holds(when={"shift": 0}, source="token by token"),
        SpatialInvariant(group="flips").fails(
            when={"shift": AtLeast(1), "V": AtLeast(2)},
            source="backwards every token is to be told from the one behind it",
        ),
        PermutationInvariant(over="classes").holds(source="softmax; rows of weight and bias move with the target"),
        ShiftInvariant(on="weight", axis="V").holds(when={"softcap": None}, source="adds h.v to all logits of a token"),
        ShiftInvariant(on="weight", axis="V").fails(
            when={"softcap": Between(0.5, 2), "V": AtLeast(2)},
            source="tanh: softcap=1 moves an example from 2.343 to 2.136",
        ),
        RotationInvariant(on=("hidden", "weight")).holds(source="depends on inner products only"),
        RotationInvariant(on="hidden").fails(
            when={"V": AtLeast(2), "D": AtLeast(2)}, source="the weights stay where they were"
        ),
        Convex(on="hidden").holds(when={"softcap": None}, source="log-sum-exp of an affine map"),
        Convex(on="weight").holds(when={"softcap": None}, source="log-sum-exp of an affine map"),
        Convex(on="bias").holds(when={"softcap": None}, source="log-sum-exp of an affine map"),
        Convex(on="hidden").fails(
            when={"softcap": Between(0.5, 2), "V": AtLeast(2)},
            source="softcap=1, weight=I_2, target 0: 1.31320, 1.30349, 0.69315 at (-5,0), (-2.5,0), (0,0)",
        ),
        Convex(on=("hidden", "weight")).fails(
            when={"V": AtLeast(2), "label_smoothing": Between(0, 0.5)},
            source="bilinear: D=1, V=2, target 0: (3,(3,0)) and (-3,(-3,0)) give 0.000123, their midpoint 0.693147",
        ),
        QuasiConvex(on=("hidden", "weight")).fails(
            when={"V": AtLeast(2), "label_smoothing": Between(0, 0.5)}, source="the same three points"
        ),
        StrictlyConvex(on="weight").fails(when={"softcap": None}, source="constant along a vector added to all rows"),
        Bounded().fails(when={"softcap": None, "V": AtLeast(2)}, source="the margin is unbounded"),
        Homogeneous(on="hidden").fails(when={"V": AtLeast(2)}, source="hidden = 0 gives log V, not 0"),
        Differentiable(on="hidden", order=0).holds(when={"filter_eps": None}, source="composition of smooth maps"),
        Differentiable(on="weight", order=0).holds(when={"filter_eps": None}, source="composition of smooth maps"),
        ReducesTo(
            other="cross_entropy",
            parameters={"label_smoothing": symbol("label_smoothing"), "ignore_index": symbol("ignore_index")},
            inputs={"logits": symbol("hidden") @ transpose(symbol("weight"))},
            absent=("bias",),
        ).holds(when={"softcap": None, "shift": 0}, source="the definition"),
    ),
    narrowed=(
        Narrowing(
            property="BatchDecomposable",
            when={"shift": AtLeast(1)},
            reason="a shift pairs each token with a later one: the tokens of a sequence cannot be taken alone",
        ),
        Narrowing(
            property="Weighted",
            when={"shift": AtLeast(1)},
            reason="a repeated token would move every later pair; the weight belongs to the pair, at its target",
        ),
        Narrowing(
            property="Transforms",
            when={"filter_eps": Above(0)},
            reason="the gradient lacks what lies below filter_eps; a transform takes the exact one",
        ),
        *(
            Narrowing(
                property="StaysOnDevice",
                when={"filter_eps": given},
                reason="which blocks of classes the gradient leaves out is read for each block of tokens",
            )
            for given in (Above(0), OneOf(values=("auto",)))
        ),
        Narrowing(
            property="IgnoresIndex",
            when={"shift": AtLeast(1)},
            reason="a token without its target still is the predecessor of another; only its own pair is left out",
        ),
    ),
    references=("wijmans2025cut",),
    examples=(
        Example(inputs=TOKENS, expected=0.685324819),
        Example(
            inputs={**TOKENS, "target": [0, -100]},
            parameters={"softcap": 1.0},
            reduction="none",
            expected=[1.195657655, 0.0],
        ),
        Example(inputs=SEQUENCE, parameters={"shift": 1}, reduction="none", expected=[[1.236286696, 0.134362942]]),
        Example(
            inputs=TOKENS,
            parameters={"label_smoothing": 0.2, "chunk_size": 1},
            reduction="sum",
            expected=1.7273163047205721,
            gradients={
                "hidden": [[0.057620587959647601, 0.1152411759192952], [-0.023670950102577656, 0.033272999373891472]]
            },
        ),
    ),
    edge_cases=(
        EdgeCase(
            case="all targets ignored",
            expected="mean and sum 0 with zero gradient, none zeros; the framework's mean is NaN",
            examples=(Example(inputs={**TOKENS, "target": [-100, -100]}, expected=0.0),),
        ),
        EdgeCase(case="N = 0", expected="mean and sum 0 with zero gradient, none the empty tensor"),
        EdgeCase(
            case="target outside 0..V-1 and not ignore_index",
            expected="refused by name and index, never silent indexing",
            examples=(Example(inputs={**TOKENS, "target": [0, 3]}, refused="target"),),
        ),
        EdgeCase(
            case="shift >= T",
            expected="refused: no token has a target",
            examples=(Example(inputs=TOKENS, parameters={"shift": 2}, refused="target"),),
        ),
        EdgeCase(
            case="V = 1",
            expected="0",
            examples=(Example(inputs={"hidden": HIDDEN, "weight": [[1.0, -2.0]], "target": [0, 0]}, expected=0.0),),
        ),
        EdgeCase(
            case="logits of 1e4",
            expected="finite",
            examples=(
                Example(
                    inputs={"hidden": [[1e2, 0.0]], "weight": [[1e2, 0.0], [-1e2, 0.0]], "target": [1]}, expected=2e4
                ),
            ),
        ),
        EdgeCase(
            case="a block of classes below filter_eps",
            expected="adds nothing to the gradient, and to the value what it adds without a filter",
            examples=(
                Example(
                    inputs={
                        "hidden": [[1.0], [0.0], [-1.0], [-1.0], [-1.0]],
                        "weight": BLOCKS,
                        "target": [1, -100, 256, 300, 511],
                    },
                    parameters={"filter_eps": 1e-5, "chunk_size": 2},
                    reduction="sum",
                    expected=62.193149864627402,
                    gradients={
                        "hidden": [[19.499977263951811], [0.0], [-20.999989563764617], [-20.999989563764617], [0.0]]
                    },
                    note="where the first two tokens lose the middle block, the next two all but it, and the last one all",
                ),
            ),
        ),
        EdgeCase(
            case="bias of another size than V",
            expected="refused",
            examples=(Example(inputs={**TOKENS, "bias": [0.0, 1.0]}, refused="bias"),),
        ),
    ),
    notes=(
        "In eager mode the logits of a block of tokens are held, never all: chunk_size tokens, by default the larger of 128 "
        "and what gives about as many logits as hidden has entries. An unweighted sum or mean makes its gradient in the "
        "forward pass; where that takes several blocks it is torch.nn.functional.linear_cross_entropy that does it (torch 2.13 "
        "and later) unless softcap, label_smoothing or filter_eps is set. The value of each token and a weighted mean recompute "
        "their blocks in the backward pass.",
        "What the backward of the blocks supports: retain_graph and a second backward pass (recomputed); double backward "
        "(create_graph=True) is exact but holds all logits; torch.func transforms, torch.compile, TorchScript and exported "
        "graphs use the plain form, which holds all logits. Forward-mode derivatives need torch.func.jvp.",
        "filter_eps leaves a block of 256 classes out of a block of tokens where every |softmax - target| (times the softcap's "
        "slope, before the reduction's factor) is below it: the gradient is off by at most filter_eps an entry, the value "
        "never. The plain form, double backward and vocabularies of at most 256 classes are exact. Do not filter in "
        "pre-training.",
        "Half-precision inputs are widened to float32, the classifier matrix too: it costs V D floats beside its gradient.",
        "The value is 2-Lipschitz in the soft-capped logits in the sup norm, 2 (1 - label_smoothing / V) exactly; the logits "
        "are no input, so this is no claim.",
        "sample_weight has the shape of the shifted target.",
    ),
    graph_accepts=(
        Accepted(
            input="target", wrong="class id -C to -1", meaning="counted from the last class, so -1 stands for V - 1"
        ),
        Accepted(input="weight", wrong="an axis of size 1", meaning="taken for the weights of every class"),
        LABEL_FOR_ONE_ROW.model_copy(update={"when": UNSMOOTHED}),
        Accepted(
            input="target",
            wrong="an axis of size 1",
            meaning="the sum over all rows is divided by the count of one, and only the first row's label is read",
            when=SMOOTHED,
        ),
        Accepted(input="bias", wrong="an axis of size 1", meaning="added to the score of every class", when=UNSMOOTHED),
        Accepted(
            input="bias",
            wrong="an axis of size 1",
            meaning="added to the score of every class, but once to their sum",
            when=SMOOTHED,
        ),
    ),
    module="losskit.plugins.language.linear_cross_entropy.loss:LinearCrossEntropyLoss",
    oracle="losskit.plugins.language.linear_cross_entropy.reference:linear_cross_entropy",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of linear cross-entropy."""
    return SPEC
