"""Training: from a recipe and example sets to a trained checkpoint."""
