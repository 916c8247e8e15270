"""Data sets with known answers: one module per set."""
