"""Everything once, in minutes: render, train, compose, and a report to look at."""
