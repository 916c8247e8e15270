"""Model families, the ways to answer at all: one room each. Trained weights of them: `checkpoints`."""
