"""From what a model predicts to what a person is told."""
