"""What people do with finished data sets: check, split, merge, convert, count and look at them."""
