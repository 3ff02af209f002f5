"""Pictures in and out: files, Pillow pictures and arrays to `Picture`, and `Picture` to files that say what they are."""
