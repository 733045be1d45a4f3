"""Losses of multi-class classification: scores of shape (B, C) against class ids of shape (B,)."""
