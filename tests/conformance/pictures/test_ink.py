"""Pictures read on light and dark paper, in grey, and where one curve towers above the others."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from losskit.conformance.pictures.ink import COLOURS, STYLES, TEXT
from losskit.conformance.pictures.limits import field_limits, limits

PAPERS = ("#ffffff", "#1e2129")  # the light and the dark page of the documentation


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("colour", [*COLOURS, TEXT])
def test_every_colour_stands_out_from_either_paper(colour: str, paper: str) -> None:
    dark, light = sorted((luminance(colour), luminance(paper)))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_lines_are_told_apart_without_colour() -> None:
    assert len(STYLES) == len(COLOURS)
    assert all(one != other for one, other in combinations(STYLES, 2))


def test_one_steep_curve_does_not_flatten_the_others() -> None:
    x = torch.linspace(-4, 4, 100)
    low, high = limits([torch.exp(-x), torch.exp(-x).log1p(), torch.sigmoid(-x)])
    assert low < 0
    assert 4 < high < 20  # the exponential reaches 54


def test_a_curve_alone_is_shown_whole() -> None:
    curve = torch.tensor([0.0, 1.0, 54.0])
    low, high = limits([curve])
    assert low < 0 < 54 < high


def test_infinite_values_do_not_count() -> None:
    low, high = limits([torch.tensor([0.0, 1.0, torch.inf, torch.nan])])
    assert (low, high) == pytest.approx((-0.06, 1.06))


def test_a_constant_is_drawn_in_the_middle() -> None:
    low, high = limits([torch.full((5,), 2.0) + 1e-13 * torch.arange(5)])
    assert (low + high) / 2 == pytest.approx(2.0)
    assert field_limits(torch.zeros(9)) == (-0.5, 0.5)


def test_nothing_finite_still_has_an_axis() -> None:
    assert limits([torch.tensor([torch.nan])]) == (-1.0, 1.0)
