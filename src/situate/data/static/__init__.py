"""Triples from the frames of a fixed camera: the object is real, and so is the background without it."""
