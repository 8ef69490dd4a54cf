"""One file a version, named by its number; never changed once released."""
