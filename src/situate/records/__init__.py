"""The records that flow through situate: frozen, with shapes in the annotation and ranges beside it."""
