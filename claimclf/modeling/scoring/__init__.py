"""Reported videos get a prediction, a lane and a place."""
