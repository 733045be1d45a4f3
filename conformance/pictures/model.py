"""What a picture shows before it is drawn: curves with the inputs they were computed at, and a field over a plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from losskit.conformance.subject import Data


@dataclass(frozen=True)
class Path:
    """A curve through the inputs of a loss.

    Attributes:
        axis: what the position along it means.
        low: where it begins.
        high: where it ends.
        at: inputs by positions of shape (n,), a case a position; of one position where samples are coupled.
        label: what tells it from other paths along the same axis.
        single: whether the loss must be asked for each position by itself.
        zooms: whether the ends may be moved towards 0 where all the change happens there.
    """

    axis: str
    low: float
    high: float
    at: Callable[[Tensor], Data]
    label: str = ""
    single: bool = False
    zooms: bool = False


@dataclass(frozen=True)
class Line:
    """Value and slope of a loss along a path, at one setting of its parameters.

    Attributes:
        label: its name in the legend; empty where there is nothing to tell apart.
        parameters: all of them.
        path: what was walked along.
        x: positions, shape (n,).
        value: of the loss at each, shape (n,).
        slope: by autograd, shape (n,).
        kinks: positions between two neighbours at which the slope jumps.
        jumps: positions at which the value itself does.
    """

    label: str
    parameters: dict[str, Any]
    path: Path
    x: Tensor
    value: Tensor
    slope: Tensor
    kinks: tuple[float, ...] = ()
    jumps: tuple[float, ...] = ()

    def data(self) -> list[Data]:
        """The inputs at the drawn positions: one batch, or one a position where samples are coupled."""
        with torch.no_grad():
            return [self.path.at(p) for p in self.x.split(1)] if self.path.single else [self.path.at(self.x)]


@dataclass(frozen=True)
class Row:
    """Lines along one axis: a panel with their values and one with their slopes.

    Attributes:
        axis: what positions mean.
        lines: to be drawn into both panels.
        title: what the row shows, where there are several.
    """

    axis: str
    lines: tuple[Line, ...]
    title: str = ""


@dataclass(frozen=True)
class Surface:
    """The loss over rows of three classes, the label fixed.

    Attributes:
        plane: ``simplex`` for probabilities, ``scores`` for scores that sum to 0.
        rows: probabilities or scores of the three classes, shape (n, 3); the first class is the label.
        value: of the loss, shape (n,).
        parameters: all of them.
        at: inputs by rows.
        note: the setting, where the curves show others beside it.
    """

    plane: Literal["simplex", "scores"]
    rows: Tensor
    value: Tensor
    parameters: dict[str, Any]
    at: Callable[[Tensor], Data]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """One loss as it will be drawn.

    Attributes:
        name: of the loss.
        title: the name people use.
        view: which of the views was taken, in a word.
        rows: curves.
        surface: a field over three classes, for losses of classes.
        varied: the parameter that tells lines apart; empty where none does.
        notes: what a reader must know, in sentences.
    """

    name: str
    title: str
    view: str
    rows: tuple[Row, ...]
    surface: Surface | None = None
    varied: str = ""
    notes: tuple[str, ...] = field(default=())

    def in_words(self) -> str:
        """What is to be seen, for readers who do not see it."""
        words = f"{self.title}: value and slope along " + "; ".join(dict.fromkeys(row.axis for row in self.rows))
        labels = dict.fromkeys(line.label for row in self.rows for line in row.lines if line.label)
        words += f" ({', '.join(labels)})" if labels else ""
        if self.surface is not None:
            plane = "the probabilities" if self.surface.plane == "simplex" else "the scores"
            words += f"; contours over {plane} of three classes"
        return words + "."
