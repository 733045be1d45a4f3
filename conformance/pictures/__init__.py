"""Pictures of losses, drawn from the code: value and slope along a telling path, contours over three classes."""

from losskit.conformance.pictures.beside import beside
from losskit.conformance.pictures.compose import picture
from losskit.conformance.pictures.draw import SUFFIXES, render, require, suffix_of, write
from losskit.conformance.pictures.model import Line, Path, Picture, Row, Surface
from losskit.conformance.pictures.trace import trace

__all__ = [
    "SUFFIXES",
    "Line",
    "Path",
    "Picture",
    "Row",
    "Surface",
    "beside",
    "picture",
    "render",
    "require",
    "suffix_of",
    "trace",
    "write",
]
