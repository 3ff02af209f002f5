"""The oracle of rendered scenes: which places are right for an object, how likely each is, and how it looks there."""
