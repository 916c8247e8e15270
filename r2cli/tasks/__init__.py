"""What r2 does, one file per verb; the Python API lives here."""
