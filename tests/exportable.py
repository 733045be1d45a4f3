"""Parameters with which a loss can be exported: the defaults, or else those of a worked example."""

from typing import Any

import losskit
from losskit.export.census import shown_parameters


def exportable(name: str) -> dict[str, Any]:
    """Parameters that differ from the defaults, none where the defaults will do."""
    return shown_parameters(losskit.get(name))
