"""What the parts of the joint model are worth: variants of it, trained alike and judged on the same held-out scenes."""
