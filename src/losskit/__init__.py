"""Loss functions that can be trusted: specs whose claims are checked, and graphs that are compared with eager.

>>> import losskit
>>> loss = losskit.create("comp_sum", tau=1.5)
>>> [match.name for match in losskit.find(holds="LabelSymmetric")]

Importing losskit imports neither torch nor any plugin.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from losskit._lazy import lazily

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from losskit.conformance.report import Report
    from losskit.export.artifact import Manifest
    from losskit.plugins.base import Loss
    from losskit.registry import compose, create, find, from_config, get, names, wrap
    from losskit.spec import LossSpec
    from losskit.spec.errors import LosskitError

__version__ = "0.1.0"
__all__ = [
    "LosskitError",
    "__version__",
    "compose",
    "create",
    "debug",
    "export",
    "find",
    "from_config",
    "get",
    "names",
    "verify",
    "wrap",
]
__getattr__ = lazily(
    __name__,
    {
        "LosskitError": "losskit.spec.errors",
        **dict.fromkeys(("compose", "create", "find", "from_config", "get", "names", "wrap"), "losskit.registry"),
    },
)


def verify(*losses: str | LossSpec, **options: Any) -> Report:
    """Try to refute every claim of some losses, or of all; see :func:`losskit.conformance.engine.verify`."""
    from losskit.conformance import verify as run

    return run(*losses, **options)


def export(loss: str | LossSpec | Loss, directory: str | Path, **options: Any) -> Manifest:
    """Write a loss as ONNX, TorchScript and torch.export with test vectors; see :func:`losskit.export.artifact.export`."""
    from losskit.export.artifact import export as run

    return run(loss, directory, **options)


def debug(enabled: bool = True) -> AbstractContextManager[None]:
    """Check values on accelerators too, and raise where a batch holds nothing to average."""
    from losskit.plugins.debug import debug as context

    return context(enabled)
