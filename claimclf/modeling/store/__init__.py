"""Models on disk: manifest, files, card, and which one is in use."""
