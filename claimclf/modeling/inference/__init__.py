"""Fitted pipelines applied to many rows at once, equal to scikit-learn to the last bit."""
