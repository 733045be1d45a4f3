"""Spherical output head: a spherical loss of a linear layer at a cost that does not depend on the number of classes."""

from losskit.spec import Accepted, AtLeast, Between, EdgeCase, Example, LossSpec, OneOf, hookimpl
from losskit.spec.cases import EMPTY_BATCH, FROM_THE_END
from losskit.spec.expressions import symbol, transpose
from losskit.spec.properties import (
    Convex,
    NonNegative,
    PermutationInvariant,
    ReducesTo,
    RotationInvariant,
    ScaleInvariant,
)
from losskit.spec.spherical import SphericalParameters
from losskit.spec.tensors import class_target, real

SCORES = {"logits": symbol("hidden") @ transpose(symbol("weight"))}
STATISTICS = ("gram", "weight_sum")
WEIGHT = [[1.0, 0.0], [0.5, 0.5], [-1.0, 2.0]]
GRAM = [[2.25, -1.75], [-1.75, 4.25]]
ROW = {"hidden": [[0.5, -1.0]], "weight": WEIGHT}
ROWS = {"hidden": [[0.5, -1.0], [1.0, 0.3]], "weight": WEIGHT, "target": [0, 1]}
ALIKE = {"hidden": [[1.0, 1.0]], "weight": [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], "target": [1]}
ALIKE_STATISTICS = {"gram": [[3.0, 6.0], [6.0, 12.0]], "weight_sum": [3.0, 6.0]}
STANDARDISED = {"kind": OneOf(values=("z_loss",))}
# beyond these the softplus is flat or straight to many digits, and what fails does so by less than can be seen
BENT = {"a": Between(0.5, 2), "b": Between(-1, 1)}


SPEC = LossSpec(
    name="spherical_head",
    title="Spherical-family output head",
    task="classification",
    summary="A spherical loss of a linear output layer, from hidden states and weights without the scores of all classes: "
    "O(d^2) a sample once the d x d statistics of the weights are there. For extreme classification and large vocabularies; "
    "losskit.plugins.factored.FactoredHead keeps the statistics and trains the weight at a cost that does not depend on D.",
    formula=r"o = W h,\quad s = \sum_k o_k = w^\top h,\quad q = \sum_k o_k^2 = h^\top Q h,\quad Q = W^\top W,\ "
    r"w = W^\top 1,\quad \ell = F(s, q, o_c)",
    parameters=SphericalParameters,
    inputs=(
        real("hidden", "B", "d", meaning="last hidden layer"),
        real("weight", "D", "d", role="parameter", meaning="output weights"),
        class_target("B", classes="D"),
        real("gram", "d", "d", role="parameter", optional=True, meaning="weight' weight, where it is kept"),
        real("weight_sum", "d", role="parameter", optional=True, meaning="sum of the rows of weight, where it is kept"),
    ),
    output=("B",),
    claims=(
        ScaleInvariant(on="weight", axis="all", absent=STATISTICS).holds(
            when={"kind": "z_loss", "D": AtLeast(3)},
            source="the score is standardised",
            note="true for D = 2, too, where the gradient is 0 and the computed one is what two large terms leave",
        ),
        ScaleInvariant(on="weight", axis="all", absent=STATISTICS).fails(
            when={"kind": "mse"}, source="D=d=1, h=1: W = 1 gives 0, W = 2 gives 1"
        ),
        RotationInvariant(on=("hidden", "weight"), absent=STATISTICS).holds(source="inner products only"),
        PermutationInvariant(over="batch").holds(source="sum over samples"),
        PermutationInvariant(over="classes").holds(
            source="symmetric statistics; rows of the weight move with the target"
        ),
        NonNegative().holds(source="each of the four is"),
        Convex(on="hidden", absent=STATISTICS).holds(
            when={"kind": "mse"}, source="a sum of squares of affine functions"
        ),
        Convex(on="hidden", absent=STATISTICS).fails(
            when={"kind": "taylor", "D": AtLeast(2)},
            source="weight=I_2, target 0: (0, 0) and (-2, 0) give log 2, their midpoint log 3",
        ),
        Convex(on="hidden", absent=STATISTICS).fails(
            when={"kind": "spherical", "D": AtLeast(2)},
            source="weight=I_2, target 0: (1, 0) and (-1, 0) give about 0, their midpoint log 2",
        ),
        Convex(on="hidden", absent=STATISTICS).fails(
            when={"kind": "z_loss", **BENT, "D": AtLeast(2)},
            source="weight=I_3, target 0, a=b=1: the midpoint of (-4.1, -3.6, 0.3), (2.0, 2.3, -1.7) is 1.05 above the average",
        ),
        ReducesTo(other="one_hot_mse", inputs=SCORES, absent=STATISTICS).holds(
            when={"kind": "mse"}, source="q - 2 o_c + 1"
        ),
        ReducesTo(other="taylor_softmax", parameters={"order": 2}, inputs=SCORES, absent=STATISTICS).holds(
            when={"kind": "taylor"}, source="the polynomials of all classes sum to D + s + q / 2"
        ),
        ReducesTo(other="spherical_softmax", parameters={"eps": symbol("eps")}, inputs=SCORES, absent=STATISTICS).holds(
            when={"kind": "spherical"}, source="log(q + D eps) - log(o_c^2 + eps)"
        ),
        ReducesTo(
            other="z_loss",
            parameters={"a": symbol("a"), "b": symbol("b"), "eps": 0.0},
            inputs=SCORES,
            absent=STATISTICS,
        ).holds(
            when={"kind": "z_loss", "D": AtLeast(3)},
            source="the variance of the scores is q / D - (s / D)^2",
            note="true for D = 2, too, where the gradient is 0: h'Qh holds the spread of close scores to half the digits",
        ),
    ),
    references=("vincent2015efficient", "debrebisson2016zloss", "debrebisson2016exploration"),
    examples=(
        Example(parameters={"kind": "mse"}, reduction="none", inputs={**ROW, "target": [2]}, expected=[12.5625]),
        Example(
            parameters={"kind": "taylor"}, reduction="none", inputs={**ROW, "target": [0]}, expected=[0.9085686858]
        ),
        Example(parameters={"kind": "z_loss", "a": 2.0, "b": 0.5}, inputs=ROWS, expected=0.282641707),
        Example(
            parameters={"kind": "mse"},
            reduction="none",
            inputs={**ROW, "target": [2], "gram": GRAM, "weight_sum": [0.5, 2.5]},
            expected=[12.5625],
            note="with the statistics",
        ),
        Example(
            parameters={"kind": "z_loss", "a": 2.0, "b": 0.5},
            inputs={**ROWS, "gram": GRAM, "weight_sum": [0.5, 2.5]},
            expected=0.282641707,
            note="with the statistics",
        ),
    ),
    edge_cases=(
        EMPTY_BATCH,
        EdgeCase(
            case="all scores equal, or a variance that rounding takes below 0",
            expected="z_loss: softplus(a b) / a with zero gradient",
            examples=(
                Example(inputs=ALIKE, expected=1.3132616875182228),
                Example(inputs={**ALIKE, **ALIKE_STATISTICS}, expected=1.3132616875182228),
                Example(
                    inputs={**ALIKE, **ALIKE_STATISTICS, "gram": [[3.0, 6.0], [6.0, 11.75]]},
                    expected=1.3132616875182228,
                ),
                Example(
                    inputs={"hidden": [[1.0, -2.0]], "weight": [[0.1, 0.3], [0.1, 0.3], [0.1, 0.3]], "target": [1]},
                    expected=1.3132616875182228,
                    gradients={"hidden": [[0.0, 0.0]]},
                    note="rows whose mean rounds",
                ),
                Example(
                    inputs={"hidden": [[0.0, 0.0]], "weight": [[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]], "target": [2]},
                    expected=1.3132616875182228,
                    gradients={"hidden": [[0.0, 0.0]]},
                    note="no hidden state",
                ),
            ),
        ),
        EdgeCase(
            case="entries of a hidden state far apart in size, or all of 1e200",
            expected="z_loss: as if they were scaled alike, and the small ones 0",
            examples=(
                Example(
                    inputs={"hidden": [[1e-200, 1.0]], "weight": [[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]], "target": [2]},
                    expected=0.5870752836422525,
                ),
                Example(
                    inputs={"hidden": [[0.0, 1e200]], "weight": [[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]], "target": [2]},
                    expected=0.5870752836422525,
                ),
                Example(
                    inputs={"hidden": [[0.0, 1e200]], "weight": [[0.5, 2.0], [0.5, 2.0]], "target": [1]},
                    expected=1.3132616875182228,
                    note="equal scores",
                ),
            ),
        ),
        EdgeCase(
            case="D = 1",
            expected="the score of the label alone",
            examples=(
                Example(
                    parameters={"kind": "mse"},
                    inputs={"hidden": [[2.0, 1.0]], "weight": [[1.0, 1.0]], "target": [0]},
                    expected=4.0,
                ),
                Example(
                    parameters={"kind": "taylor"},
                    inputs={"hidden": [[2.0, 1.0]], "weight": [[1.0, 1.0]], "target": [0]},
                    expected=0.0,
                ),
            ),
        ),
        EdgeCase(
            case="gram or weight_sum of another matrix",
            expected="some number, finite and not negative: the wrong classes' squares count for no less than equal "
            "scores would; refused under losskit.debug()",
            examples=(
                Example(
                    parameters={"kind": "mse"},
                    inputs={**ROW, "target": [2], "gram": [[0.0, 0.0], [0.0, 0.0]], "weight_sum": [0.5, 2.5]},
                    expected=12.28125,
                ),
            ),
        ),
        EdgeCase(
            case="gram or weight_sum of another width",
            expected="refused by name",
            examples=(
                Example(inputs={**ROWS, "gram": [[1.0]]}, refused="gram"),
                Example(inputs={**ROWS, "weight_sum": [1.0]}, refused="weight_sum"),
            ),
        ),
        EdgeCase(
            case="target outside 0..D-1",
            expected="refused by name and index, never wrapped around",
            examples=(Example(inputs={**ROWS, "target": [0, 3]}, refused="target"),),
        ),
        EdgeCase(case="nan or inf in hidden", expected="nan in that row only; in the weight, nan in every row"),
    ),
    notes=(
        "Statistics that are left out are formed from the weight in O(D d^2), differentiably, once for the batch; given ones "
        "are inputs of their own, to which a gradient flows: the weight's gradient then is that of the label's row alone.",
        "Without statistics the Z-loss centres the matrix first; from given ones its variance, q / D - (s / D)^2, loses digits "
        "where the mean score is large: keep them in float64.",
        "The gradient of the weight is dense, D x d. losskit.plugins.factored.FactoredHead applies it without forming it.",
        "taylor and spherical predict the class of the largest polynomial or square, not of the largest score.",
    ),
    graph_accepts=(
        FROM_THE_END,
        Accepted(input="gram", wrong="an axis of size 1", meaning="its one column is taken for every column"),
        Accepted(input="weight_sum", wrong="an axis of size 1", meaning="taken for the sum in every column"),
        Accepted(
            input="weight",
            wrong="an axis of size 1",
            meaning="its one column is taken for every column of the label's row",
            when=STANDARDISED,
        ),
        Accepted(
            input="target", wrong="an axis of size 1", meaning="taken for the label of every row", when=STANDARDISED
        ),
    ),
    module="losskit.plugins.classification.spherical_head.loss:SphericalHeadLoss",
    oracle="losskit.plugins.classification.spherical_head.reference:spherical_head",
)


@hookimpl
def losskit_loss() -> LossSpec:
    """The spec of the spherical output head."""
    return SPEC
