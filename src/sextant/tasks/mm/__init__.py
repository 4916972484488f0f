"""Metric measurement."""
