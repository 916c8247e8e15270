"""What coded bytes say without being decoded; imports nothing else of r2."""
