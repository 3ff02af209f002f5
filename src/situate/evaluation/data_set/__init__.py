"""Pages about a data set: its statistics, and triples to look at."""
