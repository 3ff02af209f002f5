"""Triples: making, storing and feeding them."""
