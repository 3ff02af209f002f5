"""Triples from rendered scenes: sampled worlds of primitive objects, rendered with Mitsuba, with exact truth."""
