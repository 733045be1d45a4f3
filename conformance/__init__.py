"""The harness: tries to refute every claim of a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from losskit.conformance.report import Report
    from losskit.conformance.suggestion import Suggestions
    from losskit.spec import LossSpec

__all__ = ["parametrize_with_claims", "replay", "suggest", "verify"]


def verify(*subjects: Any, **options: Any) -> Report:
    """Try to refute every claim; see :func:`losskit.conformance.engine.verify` for the arguments."""
    from losskit.conformance.engine import verify as run

    return run(*subjects, **options)


def replay(name: str, claim: str, **case: Any) -> str:
    """Both sides of a law at one case, as witnesses print it; see :func:`losskit.conformance.replay.replay`."""
    from losskit.conformance.replay import replay as run

    return run(name, claim, **case)


def suggest(subject: str | LossSpec, **options: Any) -> Suggestions:
    """Claims that a loss might make; see :func:`losskit.conformance.suggestion.suggest.suggest` for the arguments."""
    from losskit.conformance.suggestion import suggest as run

    return run(subject, **options)


def parametrize_with_claims(loss: str | LossSpec, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """One pytest test a claim; see :func:`losskit.conformance.testing.parametrize_with_claims` for the options."""
    from losskit.conformance.testing import parametrize_with_claims as decorator

    return decorator(loss, **options)
