"""Models are fitted, calibrated, measured and put under stress."""
