"""What a page or the command line asks for, one function each."""
