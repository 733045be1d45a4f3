"""Losses of embeddings compared in pairs, by class labels."""
