"""Losses of segmentation: scores (B, C, *spatial) against class ids (B, *spatial)."""
