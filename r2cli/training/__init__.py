"""How the model learns: targets, losses, data, loop."""
