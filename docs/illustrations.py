"""The vocabulary as pictures: a property on a loss that is claimed to have it, and on one that is claimed not to."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import torch
from docs import scenes
from docs.scenes import Scene
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from losskit import registry
from losskit.conformance.pictures.draw import house_style, spare, to_bytes
from losskit.conformance.subject import Subject

FOLDER = "pictures"


@dataclass(frozen=True)
class Side:
    """A loss at some parameters, and the claim that makes it an example.

    Attributes:
        name: of the loss.
        parameters: by name; the others take their defaults.
        claim: kind of the property that is claimed, where it is another than the one drawn: what is claimed implies it.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    claim: str = ""

    def subject(self) -> Subject:
        """The loss, ready to be asked."""
        return Subject(registry.get(self.name), self.parameters)

    def words(self) -> str:
        """The loss with its parameters."""
        given = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return self.name + (f", {given}" if given else "")


@dataclass(frozen=True)
class Illustration:
    """A drawing of a property.

    Attributes:
        kind: of the property.
        words: what there is to see.
        scene: draws one side.
        holds: an example.
        fails: a counterexample, where one is claimed.
    """

    kind: str
    words: str
    scene: Scene
    holds: Side
    fails: Side | None = None


ILLUSTRATIONS = (
    Illustration(
        "Convex",
        "No chord lies below the curve.",
        scenes.chord(0.125, 0.75),
        Side("logistic"),
        Side("mae_classification"),
    ),
    Illustration(
        "StrictlyConvex",
        "Every chord lies above the curve; here one touches it all along.",
        scenes.chord(0.57, 0.93),
        Side("mse"),
        Side("mae"),
    ),
    Illustration(
        "QuasiConvex",
        "What lies below a level is one stretch.",
        scenes.level(0.75),
        Side("mae_classification"),
        Side("taylor_softmax"),
    ),
    Illustration(
        "Concave", "No chord lies above the curve.", scenes.chord(0.1, 0.7), Side("comp_sum_bayes_risk"), Side("mse")
    ),
    Illustration(
        "Lipschitz",
        "The curve stays outside of the cone of slope 1 above and below each of its points.",
        scenes.cone(-1.5),
        Side("hinge"),
        Side("squared_hinge"),
    ),
    Illustration(
        "Smooth",
        "A parabola of curvature 1/4 that touches the curve stays above it.",
        scenes.bowl(0.25),
        Side("logistic"),
    ),
    Illustration(
        "Monotone",
        "A higher score of the right class never costs more; the thick part rises.",
        scenes.rising,
        Side("logistic"),
        Side("taylor_softmax"),
    ),
    Illustration(
        "Bounded", "All values lie between two lines.", scenes.band(), Side("mae_classification"), Side("cross_entropy")
    ),
    Illustration(
        "NonNegative", "No value lies below 0.", scenes.above_zero, Side("logistic"), Side("ldr_kl", {"lam": 1.0})
    ),
    Illustration(
        "DivergenceAxioms",
        "The curve comes down to 0 at one place alone.",
        scenes.above_zero,
        Side("mse"),
        Side("hinge"),
    ),
    Illustration("Differentiable", "The slope has no jump.", scenes.slope, Side("squared_hinge"), Side("hinge")),
    Illustration(
        "Homogeneous",
        "Doubled arguments give the value times a power of 2; the dashes are what that power says.",
        scenes.doubled({"mae": 1, "huber": 2}),
        Side("mae"),
        Side("huber"),
    ),
    Illustration(
        "ShiftInvariant",
        "A number added to all scores changes nothing.",
        scenes.shifted,
        Side("cross_entropy"),
        Side("one_hot_mse"),
    ),
    Illustration(
        "LabelSymmetric",
        "The values of all labels sum to a constant, the dashes.",
        scenes.label_sum,
        Side("mae_classification"),
        Side("cross_entropy"),
    ),
    Illustration(
        "MarginBased",
        "The curve of one label is the mirror image of the other's, the dashes.",
        scenes.mirrored,
        Side("logistic"),
        Side("binary_cross_entropy_with_logits", {"pos_weight": 3.0}),
    ),
    Illustration(
        "ClassificationCalibrated",
        "Where class 1 has probability 0.4, the least expected loss lies at a score below 0.",
        scenes.risk_of_score(0.4),
        Side("logistic"),
        Side("binary_cross_entropy_with_logits", {"pos_weight": 3.0}),
    ),
    Illustration(
        "Proper",
        "The expected loss under the probability 0.7 is least where 0.7 is stated.",
        scenes.risk_of_report(0.7),
        Side("brier", claim="StrictlyProper"),
        Side("mae_classification"),
    ),
    Illustration(
        "Elicits",
        "The mean loss over the targets on the axis is least at their mean, the dashes.",
        scenes.sample,
        Side("mse"),
        Side("mae"),
    ),
    Illustration(
        "UpperBounds",
        "The curve lies above the zero-one loss, the steps.",
        scenes.zero_one,
        Side("exponential"),
        Side("logistic"),
    ),
)
BY_KIND = {one.kind: one for one in ILLUSTRATIONS}


def figure(kind: str) -> str:
    """The picture of a kind for its entry on the page; empty where there is none."""
    one = BY_KIND.get(kind)
    if one is None:
        return ""
    losses = f"{one.holds.words()} holds" + (f", {one.fails.words()} fails" if one.fails is not None else "")
    alt = escape(f"{kind}: {one.words} {losses}.")
    return f'<img class="property-picture" loading="lazy" src="../{place(kind)}" alt="{alt}">\n\n*{one.words}*\n'


def place(kind: str) -> str:
    """Where the site has the picture of a kind."""
    return f"{FOLDER}/{kind.lower()}.svg"


def drawings() -> Iterator[tuple[str, bytes]]:
    """Every kind that has a picture, with the picture as SVG."""
    for one in ILLUSTRATIONS:
        yield one.kind, drawing(one)


def drawing(one: Illustration) -> bytes:
    """The property on its example and its counterexample, side by side."""
    with house_style(one.kind):
        sheet = Figure(figsize=(6.4, 2.3), layout="constrained")
        panels: list[Axes] = list(sheet.subplots(1, 2))
        _side(panels[0], one.scene, one.holds, "holds")
        if one.fails is None:
            panels[1].remove()
        else:
            _side(panels[1], one.scene, one.fails, "fails")
        return to_bytes(sheet, ".svg", f"{one.kind}: {one.words}")


def _side(axes: Axes, scene: Callable[[Axes, Subject], None], side: Side, verdict: str) -> None:
    with torch.no_grad():
        scene(axes, side.subject())
    axes.set_title("\n".join(textwrap.wrap(f"{verdict}: {side.words()}", 40)), loc="left")
    spare(axes)
