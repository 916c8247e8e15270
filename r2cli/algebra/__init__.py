"""Queries that combine: expressions over what single queries find, written in words, and what they mean."""
