"""Whether `r2 find` would work here, found out by looking and by trying: one file per kind of thing."""
