"""What transformers of several families have in common."""
