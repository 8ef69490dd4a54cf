"""Benchmarks: each prints medians as ratios to a reference measured in the same run."""
