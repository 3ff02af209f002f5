"""A larger detection data set: plan, compose, update the labels, look at what came of it (docs/augmentation.md)."""
