"""JSON: one file per subject."""
