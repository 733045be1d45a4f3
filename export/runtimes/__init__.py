"""Programs that run exported graphs, behind one interface."""

from losskit.export.runtimes.base import RefusedSizesError, Runtime, Session

__all__ = ["RefusedSizesError", "Runtime", "Session"]
