"""Models as the rest of the house sees them: requests in, replies out.

One folder a family, with the same entry everywhere: ``open_model(name, options) -> Model``.
"""
