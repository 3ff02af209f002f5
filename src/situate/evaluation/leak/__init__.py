"""Whether repaired backgrounds give away where the object stood (DESIGN 1.3)."""
