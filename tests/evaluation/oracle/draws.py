"""The true distribution once more, by drawing: slow, simple, and with the generator's own functions only.

It checks `situate.data.places.distribution`.
"""

import numpy as np
from jaxtyping import Float

from situate.data.places.poses import Poses, anchors_of, boxes_px
from situate.data.places.sides import shows, side_of
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.placing import is_allowed, is_visible, is_well_seen, overlap
from situate.data.scenes.turning import draw_yaws
from situate.data.scenes.world import World


def drawn_anchors_px(
    world: World, index: int, generator: np.random.Generator, num_draws: int
) -> Float[np.ndarray, "k 2"]:
    """Draw places of thing number `index` uniformly over the ground and return the anchors of those that are accepted.

    Args:
        world: With all other things where they are.
        index: Of the thing to place.
        generator: Source of randomness.
        num_draws: How many places are tried.
    """
    camera, ground, thing = world.camera, world.ground, world.things[index]
    kind, side = KINDS[thing.kind], side_of(ground, thing)
    reach_m = ground.distance_m[1]
    half_view_m = np.tan(np.radians(camera.fov_deg) / 2) * reach_m
    places_m = generator.uniform((-half_view_m, 0.0), (half_view_m, reach_m), (num_draws, 2))
    # Any direction is as likely as the one that shows the foreground's side, wherever the thing stands.
    yaws = side.yaws_at(places_m) if kind.turn == "any" else draw_yaws(generator, ground, kind, num_draws)
    poses = Poses(places_m, yaws, ground.heights_m(kind.zones, places_m))
    poses = poses[is_allowed(camera, ground, thing, poses.places_m, poses.yaws_rad)]
    poses = poses[shows(side, poses.places_m, poses.yaws_rad)]
    poses = poses[is_well_seen(camera, thing.points_at_m(poses.places_m, poses.yaws_rad, poses.bases_m))]
    fits = [_fits(world, index, poses, number) for number in range(len(poses))]
    return anchors_of(boxes_px(camera, thing, poses[np.flatnonzero(fits)]))


def _fits(world: World, index: int, poses: Poses, number: int) -> bool:
    placed = poses.thing_at(world.things[index], number)
    things = [placed if other == index else thing for other, thing in enumerate(world.things)]
    return not overlap([*things, *world.props]) and is_visible(world.camera, things, world.props)
