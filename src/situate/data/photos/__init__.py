"""Triples from annotated photographs: the object is cut out, and the picture is repaired where it stood."""
