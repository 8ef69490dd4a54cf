"""The parts of the page *Learning*, a file for each section."""
