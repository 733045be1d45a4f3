"""Rows of scores with a required ranking, written in free variables."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

APART = 1e-3  # slack a start keeps: at 0 the square has no slope and a start could not leave the tie


@dataclass
class Ranking:
    """For each problem a class that no class of a set may exceed.

    The entries ranked below are ``z_top - u**2`` in the free variables u, the others are variables themselves: every
    row that keeps the ranking is reached, ties at u = 0, and where the loss is smooth the problem stays smooth.

    Attributes:
        top: the class ranked above, (problems,).
        below: the classes it may tie with and not fall behind, (problems, classes); none where the row is free.
    """

    top: Tensor
    below: Tensor

    @classmethod
    def free(cls, p: Tensor) -> Ranking:
        """No requirement, for each distribution of (problems, classes)."""
        return cls(torch.zeros(len(p), dtype=torch.long, device=p.device), torch.zeros_like(p, dtype=torch.bool))

    @classmethod
    def pair(cls, upper: Tensor, lower: Tensor, classes: int) -> Ranking:
        """One class not behind another one, each (problems,)."""
        return cls(upper, torch.nn.functional.one_hot(lower, classes).bool())

    @classmethod
    def first(cls, top: Tensor, classes: int) -> Ranking:
        """A class that no other one exceeds."""
        return cls(top, ~torch.nn.functional.one_hot(top, classes).bool())

    @classmethod
    def join(cls, rankings: list[Ranking]) -> Ranking:
        """Problems after one another."""
        return cls(torch.cat([r.top for r in rankings]), torch.cat([r.below for r in rankings]))

    def __getitem__(self, which: Tensor) -> Ranking:
        return Ranking(self.top[which], self.below[which])

    def rows(self, x: Tensor) -> Tensor:
        """Rows (problems, classes) of free variables."""
        return torch.where(self.below, x.gather(1, self.top.unsqueeze(1)) - x * x, x)

    def variables(self, z: Tensor, apart: float = APART) -> Tensor:
        """Free variables of the nearest row that keeps the ranking; ties are opened by ``apart`` in the variable."""
        slack = (z.gather(1, self.top.unsqueeze(1)) - z).clamp(min=0.0).sqrt()
        return torch.where(self.below, slack.clamp(min=apart), z)

    def tied(self, x: Tensor, within: float) -> Tensor:
        """The variables with slacks below ``within`` closed."""
        return torch.where(self.below & (x * x < within), torch.zeros_like(x), x)
