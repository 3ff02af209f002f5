"""Measuring a model on held-out triples: placement, synthesis, fused tokens, and the baselines beside them."""
