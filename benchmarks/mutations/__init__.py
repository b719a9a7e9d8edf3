"""Deliberate breakages of Sesali, to see whether the features notice: ``python -m benchmarks.mutations``."""
