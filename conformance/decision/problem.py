"""Problems of least conditional risks, and what is found of them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.risk import Risk


@dataclass
class Solution:
    """Least risks found.

    Attributes:
        value: the least risk, (problems,): an upper bound of the infimum, -inf where the risk has none.
        slack: how far below it the infimum may lie, (problems,), by the certificate.
        rows: scores that reach the value, (problems, classes).
    """

    value: Tensor
    slack: Tensor
    rows: Tensor

    def __getitem__(self, which: Tensor | slice) -> Solution:
        return Solution(self.value[which], self.slack[which], self.rows[which])


@dataclass
class Problem:
    """Minimise ``C(z, p)`` over rows that keep a ranking.

    Attributes:
        risk: the loss.
        p: label distributions (problems, classes).
        ranking: what the rows must keep.
    """

    risk: Risk
    p: Tensor
    ranking: Ranking

    def __call__(self, x: Tensor, index: Tensor) -> Tensor:
        """Risks at free variables."""
        return self.risk(self.ranking[index].rows(x), self.p[index])

    def __getitem__(self, which: Tensor) -> Problem:
        return Problem(self.risk, self.p[which], self.ranking[which])
