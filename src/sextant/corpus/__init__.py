"""Curating a corpus: quotas, balance, and what a model could answer without looking.

Everything here reads and writes samples; nothing knows a scene or a family.
"""
