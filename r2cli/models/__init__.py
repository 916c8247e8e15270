"""Model families: one room each."""
