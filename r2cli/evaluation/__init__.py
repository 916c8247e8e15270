"""How good the answers are: metrics, and runs over benchmarks through the very functions that the product calls."""
