"""Losses that judge stated probabilities: how far confidence is from what happens."""
