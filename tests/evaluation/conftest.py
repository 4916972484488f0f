"""Puts this folder on the path, so that tests of parts can import ``fixtures``."""
