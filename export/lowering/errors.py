"""What the lowering cannot write."""

from __future__ import annotations

from losskit.spec.errors import ExportError


class NoLoweringError(ExportError):
    """An operator, or a form of one, that has no lowering here; the framework's exporter may have one."""
