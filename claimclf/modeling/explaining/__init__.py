"""Why a model said so: each feature's contribution, and the words that moved a score."""
