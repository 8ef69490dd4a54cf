"""Figures of predictions: metrics with intervals, curves, slices, cut-offs, checks."""
