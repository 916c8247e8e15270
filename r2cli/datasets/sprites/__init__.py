"""Cartoon films with known answers: emoji that act."""
