"""Worked inputs and edge cases that many losses share, worded once."""

from losskit.spec.loss import EdgeCase, Example

SCORES = [[1.2, -0.3, 0.5], [0.1, 2.0, -1.0]]
ROWS = {"logits": SCORES, "target": [0, 2]}

EMPTY_BATCH = EdgeCase(
    case="empty batch",
    expected="mean and sum 0 with zero gradient, none the empty tensor; an error under losskit.debug()",
)
ONE_CLASS = EdgeCase(
    case="C = 1",
    expected="0 with zero gradient",
    examples=(Example(inputs={"logits": [[3.0]], "target": [0]}, expected=0.0),),
)
LABEL_OUT_OF_RANGE = EdgeCase(
    case="target outside 0..C-1",
    expected="refused by name and index, never wrapped around",
    examples=(Example(inputs={"logits": SCORES, "target": [0, 3]}, refused="target"),),
)
NAN_ROW = EdgeCase(case="nan or inf in the scores", expected="nan in that row only")
