"""Programs that run exported graphs, behind one interface."""

from losskit.export.runtimes.base import NotTakenError, RefusedSizesError, Runtime, Session

__all__ = ["NotTakenError", "RefusedSizesError", "Runtime", "Session"]
