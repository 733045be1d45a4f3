"""Losses of regression: a real target for each sample."""
