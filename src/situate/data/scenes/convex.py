"""Convex outlines on the ground: what lies inside what, and how far two are apart.

An outline is a convex polygon of corners, counter-clockwise, grown by a radius: a circle is one corner with a radius.
Arrays `k n 2` hold k placements of one outline.
"""

import numpy as np
from jaxtyping import Float

Polygon = Float[np.ndarray, "m 2"]


def outward_normals(polygon: Float[np.ndarray, "*k m 2"]) -> Float[np.ndarray, "*k m 2"]:
    """Return the unit normal of every side, pointing out."""
    sides = np.roll(polygon, -1, axis=-2) - polygon
    normals = np.stack([sides[..., 1], -sides[..., 0]], -1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def depth_inside(polygon: Polygon, outlines: Float[np.ndarray, "k n 2"]) -> Float[np.ndarray, " k"]:
    """Return how far inside `polygon` each outline's corners lie at least; negative where one is outside."""
    normals = outward_normals(polygon)
    offsets = (polygon * normals).sum(1)
    return (offsets - outlines @ normals.T).min((1, 2))


def gaps(polygon: Float[np.ndarray, "m 2"], outlines: Float[np.ndarray, "k n 2"]) -> Float[np.ndarray, " k"]:
    """Return how far `polygon` and each outline are apart, by the separating-axis theorem; negative if they overlap.

    The axes are the normals of the sides of both and the line between the centres, so the value never exceeds the true
    distance; it equals it for circles and wherever a side is one of the nearest features.
    """
    between = outlines.mean(1) - polygon.mean(0)
    length = np.linalg.norm(between, axis=1, keepdims=True)
    axes = [np.where(length > 0, between / np.maximum(length, 1e-12), (1.0, 0.0))[:, None]]
    if len(polygon) > 1:
        axes.append(np.broadcast_to(outward_normals(polygon), (len(outlines), len(polygon), 2)))
    if outlines.shape[1] > 1:
        axes.append(-outward_normals(outlines))
    directions = np.concatenate(axes, 1)
    nearest = np.einsum("knd,kad->kna", outlines, directions).min(1)
    farthest = np.einsum("md,kad->kma", polygon, directions).max(1)
    return (nearest - farthest).max(1)
