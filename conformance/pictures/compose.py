"""From a spec to a picture: the view that fits, a curve a setting of the main parameter or a path, what must be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.pictures.family import settings
from losskit.conformance.pictures.model import Line, Picture, Row
from losskit.conformance.pictures.surface import parameters_in_words, surface
from losskit.conformance.pictures.trace import trace, zoom
from losskit.conformance.pictures.views import View, views_of
from losskit.conformance.subject import Subject
from losskit.spec import LossSpec
from losskit.spec.errors import PictureError

FLAT = 1e-9  # height of a line that says nothing of shapes
BENT = 0.02  # of the height of a curve
ALIKE = 0.03  # of the height of two curves: those that are never farther apart look like one
ROWS = 2  # a family is shown along so many paths at most

Groups = list[list[Line]]  # a list a path, in it a line a setting


def picture(spec: LossSpec, parameters: Mapping[str, Any] | None = None) -> Picture:
    """What a loss looks like.

    Args:
        spec: the loss.
        parameters: by name; the main one varies where it is not given, the others take their defaults.

    Raises:
        ParameterError: a parameter is unknown or outside its domain.
        PictureError: no picture says anything about this loss, or nothing finite was found to draw.
        PluginError: the plugin is broken.
    """
    subject = Subject(spec, parameters or {})
    reasons = []
    for view in views_of(spec):
        try:
            return _seen(subject, view, parameters or {})
        except Exception as error:  # a loss may refuse what its spec admits, and somebody else's may do so in any way
            reasons.append(f"{view.name}: {error}")
    raise PictureError(f"{spec.name} cannot be drawn: {reasons[0]}")


def _seen(subject: Subject, view: View, given: Mapping[str, Any]) -> Picture:
    """The picture of a view."""
    spec = subject.spec
    varied: str = ""
    groups: Groups = []
    if len(view.paths(subject)) <= ROWS:
        varied, groups = _family(spec, view, given)
    if not groups:
        varied, groups = "", _single(subject, view)
    if not groups:
        raise PictureError("no value along the path is finite")
    rows, notes = _rows(groups, bool(varied))
    note = parameters_in_words(subject.parameters, varied) if varied else ""
    field = surface(subject, note) if view.plane else None
    if spec.detached:
        notes.append(f"The slope is what training sees, a surrogate: {spec.detached}.")
    return Picture(spec.name, spec.title, view.name, rows, field, varied, tuple(notes))


def _single(subject: Subject, view: View) -> Groups:
    paths = view.paths(subject)
    scale = max((zoom(subject, path) for path in paths), default=1.0)
    lines = [trace(subject, path, path.label, scale if path.zooms else 1.0) for path in paths]
    return [[line] for line in lines if bool(line.value.isfinite().any())]


def _family(spec: LossSpec, view: View, given: Mapping[str, Any]) -> tuple[str, Groups]:
    """The first parameter that bends a curve, with a line a path and setting; one that scales it where none bends it."""
    chosen: tuple[str, Groups] = ("", [])
    for name, every in settings(spec, given):
        groups = _lines(spec, view, every, name)
        if groups and any(_bent(group) for group in groups):
            return name, groups
        chosen = chosen if chosen[0] or not groups else (name, groups)
    return chosen


def _lines(spec: LossSpec, view: View, every: list[dict[str, Any]], varied: str) -> Groups:
    """A line a path and setting; nothing where all settings look alike, or change what is walked along."""
    subjects = [Subject(spec, setting) for setting in every]
    walks = [view.paths(subject) for subject in subjects]
    if len({tuple((p.axis, p.low, p.high) for p in walk) for walk in walks}) > 1:
        return []
    scale = max(zoom(subject, path) for subject, walk in zip(subjects, walks, strict=True) for path in walk)
    kept: list[list[Line]] = []  # a list a setting
    for subject, walk in zip(subjects, walks, strict=True):
        label = parameters_in_words(subject.parameters, varied)
        lines = [trace(subject, path, label, scale if path.zooms else 1.0) for path in walk]
        finite = all(bool(line.value.isfinite().any()) for line in lines)
        if finite and all(any(map(_apart, lines, others)) for others in kept):
            kept.append(lines)
    return [list(group) for group in zip(*kept, strict=True)] if len(kept) > 1 else []


def _bent(group: list[Line]) -> bool:
    """Whether lines differ by more than a factor and a constant."""
    shapes = [line.value / _height(line.value) for line in group if _height(line.value) > FLAT]
    shapes = [shape - shape[shape.isfinite()].mean() for shape in shapes]
    return any(float((a - b).abs().nan_to_num().max()) > BENT for a, b in combinations(shapes, 2))


def _apart(one: Line, other: Line) -> bool:
    return any(
        float((a - b).abs().nan_to_num().max()) > ALIKE * max(_height(a), _height(b))
        for a, b in ((one.value, other.value), (one.slope, other.slope))
    )


def _height(curve: Tensor) -> float:
    finite = curve[curve.isfinite()]
    return max(float(finite.max() - finite.min()), 1e-12) if len(finite) else 1e-12


def _rows(groups: Groups, family: bool) -> tuple[tuple[Row, ...], list[str]]:
    """Paths along one axis share a row unless each is a family of its own."""
    if not family:
        axes = dict.fromkeys(group[0].path.axis for group in groups)
        return tuple(Row(axis, tuple(g[0] for g in groups if g[0].path.axis == axis)) for axis in axes), []
    if len(groups) == 2 and _mirrored(*groups):
        first, second = (group[0].path.label for group in groups)
        return (Row(groups[0][0].path.axis, tuple(groups[0]), first),), [
            f"{second.capitalize()} gives the mirror image."
        ]
    return tuple(_of_family(group) for group in groups), []


def _of_family(group: list[Line]) -> Row:
    """A row of a family; one line, without a name, where its parameter makes no difference there."""
    first = group[0]
    if any(_apart(first, other) for other in group[1:]):
        return Row(first.path.axis, tuple(group), first.path.label)
    always = "at all of these" if not first.path.label else f"{first.path.label}, at all of these"
    return Row(first.path.axis, (replace(first, label=""),), always)


def _mirrored(one: list[Line], other: list[Line]) -> bool:
    return len(one) == len(other) and all(
        torch.allclose(a.x, -b.x.flip(0)) and torch.allclose(a.value, b.value.flip(0), rtol=1e-9, atol=1e-12)
        for a, b in zip(one, other, strict=True)
    )
