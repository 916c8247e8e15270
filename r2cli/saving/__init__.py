"""Answers written to files, and handed to other libraries: what formats need of videos is read on the way."""
