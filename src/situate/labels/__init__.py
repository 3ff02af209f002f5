"""Label formats: read, checked once at the edge, kept as frozen records."""
