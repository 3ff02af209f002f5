"""Situate puts an object into a picture where it belongs, in the picture's own light and with its own shadow."""

__version__ = "0.1.0"
