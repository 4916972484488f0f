"""From a model's reply to a letter or a number, by named rules (``profiles``)."""
