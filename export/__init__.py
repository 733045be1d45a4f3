"""Graphs: a loss as ONNX, TorchScript and torch.export, with test vectors, replayed and compared with eager.

``losskit.export`` is this package and, called, :func:`losskit.export.artifact.export`. Importing it imports neither
torch nor onnx.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losskit.export.manifest import Manifest


class _CallablePackage(ModuleType):
    """Importing any submodule binds this package over the function ``losskit.export``; so it has to be callable, too."""

    def __call__(self, name: str, directory: str | Path, **options: Any) -> Manifest:
        from losskit.export.artifact import export

        return export(name, directory, **options)


sys.modules[__name__].__class__ = _CallablePackage
