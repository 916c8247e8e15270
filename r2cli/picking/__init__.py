"""A full screen on which moments are looked at, kept or not, and corrected by the picture, before anything is cut."""
