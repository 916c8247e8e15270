"""A page to look at: every moment beside its video, to be reviewed, nudged and saved before anything is cut."""
