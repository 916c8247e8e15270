"""Frames for the model: one picture per clip, decoding no more than that takes."""
