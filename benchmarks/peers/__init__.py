"""Peers' methods beside ours on the same triples: one frozen encoder, one trunk, one training loop, equal tuning."""
