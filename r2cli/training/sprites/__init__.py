"""How the built-in models learn from cartoons."""
