"""Ghost claims: what the harness could not refute of a loss, and what it did, as claims that need a source."""

from losskit.conformance.suggestion.model import Left, Proposal, SuggestionInterrupted, Suggestions
from losskit.conformance.suggestion.suggest import suggest

__all__ = ["Left", "Proposal", "SuggestionInterrupted", "Suggestions", "suggest"]
