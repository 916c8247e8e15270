"""Trained weights: which there are, where they come from, how they are read. Each is of a family of `models`."""
