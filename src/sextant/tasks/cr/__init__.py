"""Comprehensive reasoning."""
