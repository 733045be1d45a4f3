"""Losses of language models over tokens and vocabularies."""
