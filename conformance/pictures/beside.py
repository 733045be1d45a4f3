"""Several losses in one picture or table, along the first line that all of them have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from losskit.conformance.pictures.decisions import classes, is_classes, is_one_score, one_score
from losskit.conformance.pictures.model import Path, Picture, Row
from losskit.conformance.pictures.trace import read, trace, zoom
from losskit.conformance.pictures.views import View, views_of
from losskit.conformance.subject import Subject
from losskit.spec import LossSpec
from losskit.spec.errors import PictureError

PLACES = (-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
MARGIN = View("margin", lambda spec: is_one_score(spec) or is_classes(spec), lambda subject: _margin(subject))


@dataclass(frozen=True)
class Curve:
    """A loss at the places of a :class:`Table`."""

    values: tuple[float, ...]
    slopes: tuple[float, ...]


@dataclass(frozen=True)
class Table:
    """Losses at the same places along one line.

    Attributes:
        along: the line, in a word or a few.
        places: positions along it.
        curves: a loss each, by name.
    """

    along: str
    places: tuple[float, ...]
    curves: dict[str, Curve]


def table(losses: Sequence[tuple[LossSpec, Mapping[str, Any]]]) -> Table:
    """Values and slopes at a few places along the first line that all losses have.

    Args:
        losses: specs, with the parameters that do not take their defaults.

    Raises:
        ParameterError: a parameter is unknown or outside its domain.
        PictureError: there is no line that all of them have.
        PluginError: a plugin is broken.
    """
    subjects = [Subject(spec, dict(parameters)) for spec, parameters in losses]
    paths = [walk[0] for walk in _common(subjects)[1]]
    low, high = paths[0].low, paths[0].high
    around = low < 0 < high
    x = torch.tensor(PLACES, dtype=torch.float64) if around else torch.linspace(low, high, len(PLACES)).double()
    curves = {}
    for subject, path in zip(subjects, paths, strict=True):
        value, slope = read(subject, path, x)
        curves[subject.spec.name] = Curve(tuple(value.tolist()), tuple(slope.tolist()))
    return Table(re.split("[:;]", paths[0].axis)[0], tuple(x.tolist()), curves)


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


def _views(spec: LossSpec) -> dict[str, View]:
    """The views of a loss by name, and behind its own the margin that one score shares with those of two classes."""
    first, *others = views_of(spec)
    shared = {"margin of the label": MARGIN} if MARGIN.fits(spec) else {}
    return {first.name: first, **shared, **{view.name: view for view in others}}


def _margin(subject: Subject) -> list[Path]:
    """The label's score less the other's; of a single score, its sign towards the label."""
    paths = one_score(subject)[:1] if is_one_score(subject.spec) else classes(subject)
    return [replace(path, axis="margin: the label's score less the other's", label="") for path in paths]


def _common(subjects: Sequence[Subject]) -> tuple[View, list[list[Path]]]:
    """The first view of the first loss that the others have, too, along the same paths."""
    known = [_views(subject.spec) for subject in subjects]
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
