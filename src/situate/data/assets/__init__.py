"""Furniture, people, vehicles and plants from catalogues of 3D models, at their real size."""
