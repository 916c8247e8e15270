"""Clips: what a cut will give, found out first, then written and measured."""
