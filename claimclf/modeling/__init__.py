"""Models: features, training, evaluation, the store, lanes and ranking."""
