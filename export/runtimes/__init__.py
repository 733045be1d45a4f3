"""Programs that run exported graphs, behind one interface."""

from losskit.export.runtimes.base import Runtime, Session

__all__ = ["Runtime", "Session"]
