"""Tables of videos: read, validate, clean, split, describe, write, and make up."""
