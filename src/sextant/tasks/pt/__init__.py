"""Perspective-taking."""
