"""Mental reconstruction."""
