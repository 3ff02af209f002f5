"""The two networks and the density between them."""
