"""Decision-theoretic properties: what minimising the conditional risk leads to."""

from typing import Literal

from losskit.spec.properties.base import Property


class ClassificationCalibrated(Property):
    """For every label distribution p with a unique mode, rows that rank a wrong class first cannot reach the minimal risk.

    ``inf over {z: argmax z is wrong or tied} C(z, p) > inf_z C(z, p)`` with the conditional risk
    ``C(z, p) = sum_y p_y l(z, y)``. ``distributions="majority"`` restricts p to those with a class above one half.
    """

    distributions: Literal["all", "majority"] = "all"
