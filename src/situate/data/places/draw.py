"""Draws from the true distribution of an object's places, without integrating it.

Candidates are drawn from the ground that is seen, as often as their area and the directions of the rule want it, and
kept where the generator would accept them. That takes milliseconds, where all nodes take a second.
"""

import numpy as np
from jaxtyping import Bool, Float

from situate.data.places.company import Company
from situate.data.places.distribution import GRID_SIDE, is_accepted
from situate.data.places.lattice import Lattice, is_ground, lattice_of
from situate.data.places.poses import Poses, boxes_px, fractions_of, ground_under
from situate.data.places.sides import Side, shows
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.rules import Zone
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World

NODES_PER_CELL = 8
CANDIDATES = (64, 1024)
"""At least and at most so many are tried at once."""
MAX_CANDIDATES = 4096
"""After so many no more are tried."""
HOPELESS = 1024
"""After so many without a place no more are tried."""


class PlaceDraw:
    """Draws places in one world; what depends on the world alone is found once."""

    def __init__(self, world: World) -> None:
        """Take a world."""
        self.world = world
        self._lattices: dict[tuple[Zone, ...], Lattice] = {}

    def boxes_cxcywh(
        self, generator: np.random.Generator, thing: Thing, side: Side, company: Company, num: int
    ) -> Float[np.ndarray, "k 4"]:
        """Draw boxes (centre and size as fractions of the picture) of places where a thing could stand.

        Args:
            generator: Decides all.
            thing: It; where it stands does not matter.
            side: Which side of it is shown.
            company: The other things.
            num: How many are wanted; fewer come back where hardly anything is accepted.
        """
        lattice = self._lattice(thing.kind)
        ends = np.cumsum(lattice.area_m2 * side.shares_at(lattice.places_m))
        boxes: list[np.ndarray] = []
        num_found = num_tried = 0
        while num_found < num and num_tried < (MAX_CANDIDATES if num_found else HOPELESS) and ends[-1:].any():
            num_candidates = _num_candidates(num - num_found, num_found, num_tried)
            poses = self._candidates(generator, thing, side, ends, num_candidates)
            accepted = poses[is_accepted(self.world, thing, poses, company)]
            boxes.append(boxes_px(self.world.camera, thing, accepted))
            num_found += len(accepted)
            num_tried += num_candidates
        found = np.concatenate([np.zeros((0, 4)), *boxes])[:num]
        return fractions_of(self.world.camera, found)

    def _lattice(self, kind: str) -> Lattice:
        zones = KINDS[kind].zones
        if zones not in self._lattices:
            self._lattices[zones] = lattice_of(self.world, kind, GRID_SIDE * NODES_PER_CELL, with_border=True)
        return self._lattices[zones]

    def _candidates(
        self, generator: np.random.Generator, thing: Thing, side: Side, ends: Float[np.ndarray, " k"], num: int
    ) -> Poses:
        """Draw nodes by their weights, of which `ends` are the sums, and a point in the part of the picture of each."""
        lattice = self._lattice(thing.kind)
        drawn = np.minimum(np.searchsorted(ends, generator.random(num) * ends[-1], side="right"), len(ends) - 1)
        points_px = lattice.points_px[drawn] + generator.uniform(-0.5, 0.5, (num, 2)) * lattice.node_px
        bases_m = lattice.bases_m[drawn]
        places_m = np.full((num, 2), np.nan)
        for base_m in np.unique(bases_m):
            is_on = bases_m == base_m
            places_m[is_on] = ground_under(self.world.camera, points_px[is_on], float(base_m))[0]
        is_kept: Bool[np.ndarray, " num"] = np.isfinite(places_m[:, 0])
        is_kept[is_kept] = is_ground(self.world, thing.kind, places_m[is_kept], bases_m[is_kept])
        poses = Poses(places_m[is_kept], side.ruled_yaws_at(places_m[is_kept]), bases_m[is_kept])
        return poses[shows(side, poses.places_m, poses.yaws_rad)]


def _num_candidates(num_wanted: int, num_found: int, num_tried: int) -> int:
    """A few more than will do if as many are accepted as before."""
    low, high = CANDIDATES
    if num_tried == 0:
        return low
    return int(np.clip(1.25 * num_wanted * num_tried / max(num_found, 1), low, high))
