"""Pure functions on boxes, canvases, windows and pictures."""
