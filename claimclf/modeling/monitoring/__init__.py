"""Whether the world is still the one that a model learnt: tables in, signals out, one a file."""
