"""Runs that cannot be lost: worker processes with time limits, clusters, and a journal to resume from."""
