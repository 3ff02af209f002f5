"""Everything once, in minutes: train, compose, and a report to look at."""
