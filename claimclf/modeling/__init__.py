"""Models: learnt, measured, stored, applied, explained.

::

    training     fitted, calibrated, under stress
    scoring      a prediction, a lane and a place for each video
    store        models on disk, and which one is in use
    inference    applied to many rows at once       explaining    why a model said so
    monitoring   whether the world is still the one that was learnt
    learners     features, recipes, search          evaluation    figures with intervals
    stored       what model files name; never moved

Each room may import those below it, never one above: see the contracts in `pyproject.toml`.
"""
