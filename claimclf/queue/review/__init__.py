"""What people do with cases: hold them, decide on them, take it back."""
