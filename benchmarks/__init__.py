"""Losses and commands timed side by side with what a user would otherwise pick; run one as ``python -m benchmarks.NAME``."""
