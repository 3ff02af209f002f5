"""What is seen of an object, and where its like may stand, as pictures of one channel."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from situate.data.scenes.camera import Camera
from situate.data.scenes.cutout import crop_around
from situate.data.scenes.ground import Ground
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.render import Crop, Renderer, Shapes
from situate.data.scenes.world import World


def visible_alpha_of(
    renderer: Renderer,
    world: World,
    index: int,
    shapes: Sequence[Shapes],
    amodal_alpha: UInt8[np.ndarray, "h w"],
) -> UInt8[np.ndarray, "h w"]:
    """Return how much of each pixel shows object `index`; what hides it may be another object or a fixed one.

    Args:
        renderer: To render with.
        world: Where it stands.
        index: Which of the world's things it is.
        shapes: Of all the world's things, and then of its fixed ones.
        amodal_alpha: How much of each pixel it covers where nothing hides it.
    """
    camera, all_things = world.camera, [*world.things, *world.props]
    crop = crop_around(camera, world.things[index], 1)
    others = [
        shape
        for number, (thing, own) in enumerate(zip(all_things, shapes, strict=True))
        if number != index and _meet(crop, crop_around(camera, thing, 1))
        for shape in own
    ]
    share = renderer.coverage(shapes[index], others, camera, crop)
    visible = np.zeros_like(amodal_alpha)
    rows, columns = slice(crop.top_px, crop.top_px + crop.height_px), slice(crop.left_px, crop.left_px + crop.width_px)
    visible[rows, columns] = np.rint(share * 255).astype(np.uint8)
    return np.minimum(visible, amodal_alpha)


def _meet(first: Crop, second: Crop) -> bool:
    across = abs(2 * (first.left_px - second.left_px) + first.width_px - second.width_px)
    along = abs(2 * (first.top_px - second.top_px) + first.height_px - second.height_px)
    return across < first.width_px + second.width_px and along < first.height_px + second.height_px


def support_of(camera: Camera, ground: Ground, kind: str) -> UInt8[np.ndarray, "h w"]:
    """Return 255 where the middle of a pixel sees a surface that the kind may stand on, were nothing in the way."""
    zones = KINDS[kind].zones
    rows, columns = np.mgrid[0 : camera.height_px, 0 : camera.width_px]
    pixels = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], 1)
    support = np.zeros(len(pixels), bool)
    for height_m in sorted({surface.height_m for surface in ground.surfaces if surface.zone in zones}):
        level = Ground(tuple(surface for surface in ground.surfaces if surface.height_m == height_m))
        points = camera.unproject(pixels, height_m)
        met = np.flatnonzero(~np.isnan(points).any(1))
        support[met] |= level.holds(zones, points[met, None])
    return np.where(support, 255, 0).astype(np.uint8).reshape(camera.height_px, camera.width_px)
