"""The harness: tries to refute every claim of a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losskit.conformance.report import Report

__all__ = ["replay", "verify"]


def verify(*subjects: Any, **options: Any) -> Report:
    """Try to refute every claim; see :func:`losskit.conformance.engine.verify` for the arguments."""
    from losskit.conformance.engine import verify as run

    return run(*subjects, **options)


def replay(name: str, claim: str, **case: Any) -> str:
    """Both sides of a law at one case, as witnesses print it; see :func:`losskit.conformance.replay.replay`."""
    from losskit.conformance.replay import replay as run

    return run(name, claim, **case)
