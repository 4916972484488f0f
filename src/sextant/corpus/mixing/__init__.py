"""Corpora become one: how many rows of what, which ones, and a copy of these."""
