"""Worked inputs, edge cases and answers of graphs that many losses share, worded once."""

from losskit.spec.expressions import ids, pair, symbol
from losskit.spec.graphs import Accepted
from losskit.spec.loss import EdgeCase, Example

SCORES = [[1.2, -0.3, 0.5], [0.1, 2.0, -1.0]]
ROWS = {"logits": SCORES, "target": [0, 2]}
MIXED_SCORES = [[2.0, 0.5, -1.0], [0.2, 0.1, 0.0]]  # a clear winner, and a near tie
MIXED_ROWS = {"logits": MIXED_SCORES, "target": [0, 1]}

SIGNED = {"logits": [0.5, -1.2, 2.0, -0.3], "target": [1.0, 1.0, 0.0, 0.0]}

UNSURE = {"logits": [0.5, -0.2, 1.0, -0.7], "target": [1.0, 0.0, 0.0, 1.0]}
RIGHT_BY_FAR = {"logits": [8.0, -7.0, 3.0], "target": [1.0, 0.0, 1.0]}
CLOSE = {"logits": [0.05, -0.02, 0.01], "target": [1.0, 0.0, 0.0]}

# a loss of one score as one of two classes: the scores 0 and x, and the label as a class id
TWO_CLASSES = {"logits": pair(0.0, symbol("logits")), "target": ids(symbol("target"))}
HARD_LABELS = {"target": (1.0, 0.0)}

EMPTY_BATCH = EdgeCase(
    case="empty batch",
    expected="mean and sum 0 with zero gradient, none the empty tensor; an error under losskit.debug()",
)
NO_SAMPLE = EdgeCase(
    case="empty batch",
    expected="0 with zero gradient, whatever the reduction; an error under losskit.debug()",
)
ONE_CLASS = EdgeCase(
    case="C = 1",
    expected="0 with zero gradient",
    examples=(Example(inputs={"logits": [[3.0]], "target": [0]}, expected=0.0),),
)
EVERY_ROW_IGNORED = EdgeCase(
    case="every row ignored",
    expected="mean and sum 0 with zero gradient, none zeros, whatever the scores; an error under losskit.debug()",
    examples=(
        Example(inputs={"logits": SCORES, "target": [-100, -100]}, expected=0.0),
        Example(
            inputs={"logits": [[float("nan"), 0.0], [float("inf"), 1.0]], "target": [-100, -100]},
            reduction="none",
            expected=[0.0, 0.0],
        ),
    ),
)
LABEL_OUT_OF_RANGE = EdgeCase(
    case="target outside 0..C-1",
    expected="refused by name and index, never wrapped around",
    examples=(Example(inputs={"logits": SCORES, "target": [0, 3]}, refused="target"),),
)
WEIGHTS_OF_ANOTHER_LENGTH = EdgeCase(
    case="class_weights of another length than C",
    expected="refused",
    examples=(Example(parameters={"class_weights": [1.0, 2.0]}, inputs=ROWS, refused="logits"),),
)
NAN_ROW = EdgeCase(case="nan or inf in the scores", expected="nan in that row only")

LABEL_NOT_BINARY = EdgeCase(
    case="target other than 0 or 1, such as the labels -1 and 1",
    expected="refused by name, value and index",
    examples=(Example(inputs={"logits": [0.5, -1.2], "target": [1.0, -1.0]}, refused="target"),),
)

SHARE_OUT_OF_RANGE = EdgeCase(
    case="target outside [0, 1]",
    expected="refused by name, value and index",
    examples=(Example(inputs={"logits": [0.5, -1.2], "target": [1.0, 1.5]}, refused="target"),),
)

# a graph reads the label's entry by an operator that counts negative ids from the end and stops with the last label
FROM_THE_END = Accepted(
    input="target", wrong="class id -C to -1", meaning="counted from the last class, so -1 stands for C - 1"
)
LABEL_FOR_ONE_ROW = Accepted(
    input="target", wrong="an axis of size 1", meaning="the value of the first row alone; the others are left out"
)
CONFUSION_BY_ARITHMETIC = (
    Accepted(input="target", wrong="not 0 or 1", meaning="enters the sums with the factors t and 1 - t as it is"),
    Accepted(input="target", wrong="not a number", answer="nan", meaning="nan"),
    Accepted(input="target", wrong="an axis of size 1", meaning="taken for the label of every score"),
)
SIGN_BY_ARITHMETIC = (
    Accepted(input="target", wrong="not 0 or 1", meaning="enters 2 t - 1, the factor of the score, as it is"),
    Accepted(input="target", wrong="not a number", answer="nan", meaning="nan"),
    Accepted(input="logits", wrong="an axis of size 1", meaning="taken for the score of every label"),
)
LABELS_FOR_SOME_ROWS = (
    LABEL_FOR_ONE_ROW,
    Accepted(input="target", wrong="an axis too short", meaning="the value of the rows that have a label"),
    Accepted(input="logits", wrong="an axis too long", meaning="the value of the rows that have a label"),
)

# losses of an overlap: one coefficient a sample, or one of the whole batch (aggregation="set")
ITEMS = {"logits": [0.5, -1.0, 2.0], "target": [1.0, 0.0, 0.0]}
MORE_POSITIVES = {"logits": [0.5, -1.0, 2.0], "target": [1.0, 0.0, 1.0]}
FAR_ITEMS = {"logits": [1e4, 1e4, -1e4, -1e4], "target": [1.0, 0.0, 1.0, 0.0]}
EMPTY_OVERLAP = EdgeCase(
    case="empty batch",
    expected="mean and sum 0 with zero gradient; none the empty tensor, with aggregation='set' 0; an error under "
    "losskit.debug()",
)
NO_SMOOTHING = EdgeCase(
    case="smooth = 0",
    expected="refused when the loss is created: every sample that is not of the set would cost 1, whatever its score",
)
NAN_OVERLAP = EdgeCase(
    case="nan or inf in the scores", expected="nan in that row only; with aggregation='set' in the one value"
)
ONE_IS_POSITIVE = (
    Accepted(input="target", wrong="not 0 or 1", meaning="taken for a negative"),
    Accepted(input="target", wrong="not a number", meaning="taken for a negative"),
)

RESIDUALS = {"input": [0.5, -1.0, 2.0], "target": [1.0, 0.0, 0.0]}
RESIDUAL_ROW = {"input": [[0.5, -1.0]], "target": [[1.0, 3.0]]}
OTHER_SHAPE = EdgeCase(
    case="target of another shape than the input",
    expected="refused; nothing is broadcast",
    examples=(
        Example(inputs={"input": [[0.5], [-1.0]], "target": [1.0, 0.0]}, refused="target"),
        Example(inputs={"input": [0.5, -1.0], "target": [1.0]}, refused="target"),
    ),
)
NAN_ELEMENT = EdgeCase(case="nan or inf", expected="passed on, in that element only")

# a graph subtracts with the broadcasting of its runtime
BROADCAST = (
    Accepted(input="input", wrong="an axis of size 1", meaning="repeated along the axis"),
    Accepted(input="target", wrong="an axis of size 1", meaning="repeated along the axis"),
)

FIRST_LABEL_IN_MARGINS = Accepted(
    input="target",
    wrong="an axis of size 1",
    meaning="the first row's score of that label stands in every row's margins",
)

SCORES_FOR_EVERY_LABEL = Accepted(
    input="logits", wrong="an axis of size 1", meaning="taken for the scores of every label"
)

# features of two samples a class and a linear head that fits them
HEAD_FEATURES = [
    [1.0, 0.2, -0.5],
    [0.8, 0.0, -0.3],
    [-0.4, 1.1, 0.6],
    [-0.7, 0.9, 0.2],
    [0.1, -0.9, 1.3],
    [0.0, -1.2, 0.8],
]
HEAD_WEIGHT = [[1.0, 0.1, -0.4], [-0.6, 1.0, 0.5], [0.2, -1.1, 0.9]]
HEAD_LABELS = [0, 0, 1, 1, 2, 2]
