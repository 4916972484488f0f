"""Readers: one file or folder per dataset, each turning its own layout into ``Scene``."""
