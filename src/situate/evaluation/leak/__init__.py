"""Whether repaired backgrounds give away where the object stood (docs/leak.md)."""
