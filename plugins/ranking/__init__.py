"""Losses of ranking: scores of relevant items against scores of the others."""
