"""Benchmarks, extraction, stress tests and statistics: what a model's replies are worth."""
