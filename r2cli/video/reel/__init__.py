"""Many clips in one film."""
