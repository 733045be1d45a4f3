"""Several losses in one picture, along the first line that all of them have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from losskit.conformance.pictures.model import Path, Picture, Row
from losskit.conformance.pictures.trace import trace, zoom
from losskit.conformance.pictures.views import View, views_of
from losskit.conformance.subject import Subject
from losskit.spec import LossSpec
from losskit.spec.errors import PictureError


def beside(losses: Sequence[tuple[LossSpec, Mapping[str, Any]]]) -> Picture:
    """A curve a loss, all at the same positions.

    Args:
        losses: specs, with the parameters that do not take their defaults.

    Raises:
        ParameterError: a parameter is unknown or outside its domain.
        PictureError: there is no line that all of them have.
        PluginError: a plugin is broken.
    """
    subjects = [Subject(spec, dict(parameters)) for spec, parameters in losses]
    view, walks = _common(subjects)
    pairs = [(subject, path) for subject, walk in zip(subjects, walks, strict=True) for path in walk]
    scale = max(zoom(subject, path) for subject, path in pairs)
    rows = []
    for paths in zip(*walks, strict=True):
        lines = [
            trace(subject, path, subject.spec.name, scale if path.zooms else 1.0)
            for subject, path in zip(subjects, paths, strict=True)
        ]
        rows.append(Row(paths[0].axis, tuple(lines), paths[0].label))
    names = [subject.spec.name for subject in subjects]
    notes = tuple(f"The slope of {s.spec.name} is a surrogate: {s.spec.detached}." for s in subjects if s.spec.detached)
    title = " and ".join([", ".join(names[:-1]), names[-1]])
    return Picture("_and_".join(names), title, view.name, tuple(rows), varied="loss", notes=notes)


def _common(subjects: Sequence[Subject]) -> tuple[View, list[list[Path]]]:
    """The first view of the first loss that the others have, too, along the same paths."""
    known = [{view.name: view for view in views_of(subject.spec)} for subject in subjects]
    for name, view in known[0].items():
        if all(name in views for views in known):
            walks = [views[name].paths(subject) for views, subject in zip(known, subjects, strict=True)]
            if len({tuple((p.axis, p.low, p.high, p.label) for p in walk) for walk in walks}) == 1:
                return view, walks
    found = ", ".join(
        f"{subject.spec.name} along {next(iter(views.values())).paths(subject)[0].axis}"
        for subject, views in zip(subjects, known, strict=True)
    )
    raise PictureError(f"there is no line to draw these losses along together; each would be drawn by itself: {found}")
