"""Predict which reported videos make claims, and rank them for human review."""

__version__ = "0.1.0"
