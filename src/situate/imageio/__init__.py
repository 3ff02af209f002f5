"""Pictures in and out: whatever a caller holds becomes a `Picture`, and a `Picture` a file that says what it is."""
