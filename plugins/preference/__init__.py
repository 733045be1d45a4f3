"""Losses of preference learning: log-probabilities of a chosen against a rejected completion."""
