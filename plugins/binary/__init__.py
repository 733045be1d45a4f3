"""Losses of one score a sample and a label 0 or 1."""
