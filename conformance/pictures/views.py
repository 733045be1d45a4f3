"""Which picture fits a loss, decided by what its spec says of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from losskit.conformance.pictures import decisions, numbers, vectors
from losskit.conformance.pictures.model import Path
from losskit.conformance.subject import Subject
from losskit.spec import LossSpec
from losskit.spec.errors import PictureError


@dataclass(frozen=True)
class View:
    """A way to look at a loss.

    Attributes:
        name: one word or two.
        fits: whether a loss has the inputs for it.
        paths: through the inputs, at one setting.
        plane: whether there is a field over three classes, too.
    """

    name: str
    fits: Callable[[LossSpec], bool]
    paths: Callable[[Subject], list[Path]]
    plane: bool = False


VIEWS = (  # the most telling first
    View("margin", decisions.is_one_score, decisions.one_score),
    View("classes", decisions.is_classes, decisions.classes, plane=True),
    View("levels", decisions.is_levels, decisions.levels),
    View("positions", decisions.is_positions, decisions.positions),
    View("head", decisions.is_head, decisions.head),
    View("batch of scores", decisions.is_batch_of_scores, decisions.batch_of_scores),
    View("bins", numbers.is_bins, numbers.bins),
    View("residual", numbers.is_residual, numbers.residual),
    View("preference", numbers.is_preference, numbers.preference),
    View("probabilities", numbers.is_share, numbers.share, plane=True),
    View("vectors", vectors.is_vectors, vectors.vectors),
    View("pairs", vectors.is_pairs, vectors.pairs),
    View("clusters", vectors.is_clusters, vectors.clusters),
    View("direction", numbers.is_direction, numbers.direction),
    View("matrix", numbers.is_matrix, numbers.matrix),
    View("elementwise", numbers.is_elementwise, numbers.elementwise),
    View("ray", numbers.is_any, numbers.ray),
)


def views_of(spec: LossSpec) -> list[View]:
    """The views that fit, the most telling first.

    Raises:
        PictureError: nothing real that a gradient flows to can be moved.
    """
    found = [view for view in VIEWS if view.fits(spec)]
    if not found:
        known = ", ".join(f"{i.name} {i.describe_shape()}" for i in spec.inputs)
        raise PictureError(
            f"{spec.name} cannot be drawn: a picture needs a real input that a gradient flows to, and it has {known}"
        )
    return found


def view_of(spec: LossSpec) -> View:
    """The most telling view of a loss.

    Raises:
        PictureError: nothing real that a gradient flows to can be moved.
    """
    return views_of(spec)[0]
