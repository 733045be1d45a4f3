"""Colours and line styles that are told apart in grey, by colour-blind readers, and on light and dark paper alike."""

from __future__ import annotations

# each has a contrast of 3 or more against white and against the dark page of the documentation (#1e2129)
COLOURS = ("#2f7ed8", "#d1601f", "#12917a", "#b8569f", "#8f7a12", "#6f7c8c")
STYLES: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "solid",
    (0.0, (6.0, 2.0)),
    (0.0, (1.2, 1.6)),
    (0.0, (7.0, 1.8, 1.4, 1.8)),
    (0.0, (3.0, 1.4)),
    (0.0, (10.0, 2.0, 1.2, 1.6, 1.2, 1.6)),
)
TEXT = "#737d89"
RULE = "#8a93a0"
FIELD = "cividis"  # lightness alone tells its values apart
