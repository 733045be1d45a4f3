"""Examples that use losskit from outside."""
