"""One concern a file, each an ASGI application around another."""
