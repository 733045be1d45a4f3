"""Parameters of output layers with a loss of the spherical family."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from losskit.spec.parameters import Parameters


class SphericalParameters(Parameters):
    """Which spherical loss, and its parameters."""

    kind: Literal["mse", "taylor", "spherical", "z_loss"] = Field("z_loss", description="which spherical loss")
    a: float = Field(1.0, gt=0, description="sharpness of the Z-loss")
    b: float = Field(1.0, description="location of the Z-loss")
    eps: float = Field(1e-5, gt=0, description="added to the squares of the spherical softmax")
