"""What can be learnt with: feature sets, recipes, and the search for settings."""
