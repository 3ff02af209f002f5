"""The true distribution of an object's place on the cells of a grid, given all other objects, by integration.

The generator draws places uniformly on the ground and rejects what its rules forbid. So the mass of a cell of the
picture is the area of the allowed ground whose anchor (bottom centre of the box) lies in it: a sum over nodes, laid
evenly over the picture, of the Jacobian from picture to ground wherever the generator would accept the object. Where a
rule turns the kind, each node also counts how much of what the rule draws shows the side of the foreground.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from situate.data.scenes.kinds import KINDS
from situate.data.scenes.placing import GAP_M, MIN_VISIBLE, is_allowed, is_well_seen
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World
from situate.errors import DataError
from situate.evaluation.oracle.company import Company
from situate.evaluation.oracle.poses import CHUNK, Poses, anchors_of, boxes_px, ground_under
from situate.evaluation.oracle.sides import Side

GRID_SIDE = 16
NODES_PER_CELL = (8, 16, 32)
"""Along each side of a cell; the next number is taken where the one before finds fewer than `MIN_NODES`."""
MIN_NODES = 200


@dataclass(frozen=True)
class TrueDistribution:
    """Where the object could stand, as weighted poses.

    Attributes:
        poses: What the generator accepts.
        boxes_px: Their boxes: left, top, right, bottom.
        mass: Their probabilities; sum to 1.
        anchors: Anchors in cells of the grid, from the top left.
        node_cells: How many cells a node is wide and high.
    """

    poses: Poses
    boxes_px: Float[np.ndarray, "k 4"]
    mass: Float[np.ndarray, " k"]
    anchors: Float[np.ndarray, "k 2"]
    node_cells: float

    @cached_property
    def cell_prob(self) -> Float[np.ndarray, "16 16"]:
        """The cell marginal: probability of the anchor's cell, rows from the top.

        A node on the edge of a cell is shared among the cells that it covers.
        """
        prob = np.zeros((GRID_SIDE, GRID_SIDE))
        (columns, column_shares), (rows, row_shares) = (self._cells_along(axis) for axis in (0, 1))
        for row, row_share in zip(rows, row_shares, strict=True):
            for column, column_share in zip(columns, column_shares, strict=True):
                np.add.at(prob, (row, column), self.mass * row_share * column_share)
        return prob

    def _cells_along(self, axis: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The two cells that hold a node's ends along one axis, and its shares in them."""
        low, high = (self.anchors[:, axis] + way * self.node_cells / 2 for way in (-1, 1))
        edge = np.floor(high)
        second_share = np.clip((high - edge) / self.node_cells, 0, 1)
        cells = [np.clip(np.floor(end), 0, GRID_SIDE - 1).astype(np.int64) for end in (low, high)]
        return cells, [1 - second_share, second_share]

    @property
    def cell_log_prob(self) -> Float[np.ndarray, "16 16"]:
        """Its logarithm; -inf where the object cannot be."""
        with np.errstate(divide="ignore"):
            return np.log(self.cell_prob)

    @property
    def entropy(self) -> float:
        """Of the cell marginal, in nats."""
        shares = self.cell_prob[self.cell_prob > 0]
        return float(-(shares * np.log(shares)).sum())

    def draw(self, generator: np.random.Generator, num: int) -> Int[np.ndarray, " num"]:
        """Draw indices of poses."""
        return generator.choice(len(self.mass), num, p=self.mass)


def true_distribution(world: World, thing: Thing, side: Side, company: Company) -> TrueDistribution:
    """Integrate over the places of one thing of a world.

    Args:
        world: It; `thing` itself is not in the way.
        thing: What is to be placed, at its true size.
        side: Which side of it is shown.
        company: The other things.

    Raises:
        DataError: If nothing is accepted, which cannot be for a world that the generator drew.
    """
    poses, weights, nodes_per_cell = Poses(np.zeros((0, 2)), np.zeros(0), np.zeros(0)), np.zeros(0), 0
    for nodes_per_cell in NODES_PER_CELL:
        poses, weights = _nodes(world, thing, side, nodes_per_cell)
        accepted = is_accepted(world, thing, poses, company)
        poses, weights = poses[accepted], weights[accepted]
        if len(poses) >= MIN_NODES:
            break
    if weights.sum() <= 0:
        raise DataError(f"no place for {thing.kind} is left in its own world; was it drawn by other rules?")
    boxes = boxes_px(world.camera, thing, poses)
    anchors = anchors_of(boxes) / (world.camera.width_px, world.camera.height_px) * GRID_SIDE
    return TrueDistribution(poses, boxes, weights / weights.sum(), anchors, 1 / nodes_per_cell)


def is_accepted(world: World, thing: Thing, poses: Poses, company: Company) -> Bool[np.ndarray, " k"]:
    """Say which poses the generator would accept, given all other things: its own rules, one after the other."""
    accepted = is_allowed(world.camera, world.ground, thing, poses.places_m, poses.yaws_rad)
    for start in range(0, len(poses), CHUNK):
        part = start + np.flatnonzero(accepted[start : start + CHUNK])
        bodies = thing.points_at_m(poses.places_m[part], poses.yaws_rad[part], poses.bases_m[part])
        accepted[part] = is_well_seen(world.camera, bodies)
    left = np.flatnonzero(accepted)
    accepted[left] = company.leaves_room(thing, poses[left], GAP_M)
    left = np.flatnonzero(accepted)
    accepted[left] = company.stays_visible(thing, poses[left], MIN_VISIBLE)
    return accepted


def heights_of(world: World, thing: Thing) -> list[float]:
    """Return the heights of the surfaces that the thing may stand on, the highest first; 0 if there is none."""
    zones = KINDS[thing.kind].zones
    heights = {surface.height_m for surface in world.ground.surfaces if surface.zone in zones}
    return sorted(heights or {0.0}, reverse=True)


def cells_of(world: World, anchors_px: Float[np.ndarray, "k 2"]) -> Int[np.ndarray, " k"]:
    """Return the cell of each anchor, row by row; an anchor outside the picture counts to its nearest cell."""
    size_px = np.array([world.camera.width_px, world.camera.height_px])
    columns, rows = np.clip(np.floor(anchors_px / size_px * GRID_SIDE), 0, GRID_SIDE - 1).astype(np.int64).T
    return rows * GRID_SIDE + columns


def _nodes(world: World, thing: Thing, side: Side, nodes_per_cell: int) -> tuple[Poses, np.ndarray]:
    """Poses whose footprints' middles are seen at the nodes of a lattice over the picture, and their weights."""
    camera, zones = world.camera, KINDS[thing.kind].zones
    steps = (np.arange(GRID_SIDE * nodes_per_cell) + 0.5) / (GRID_SIDE * nodes_per_cell)
    columns, rows = np.meshgrid(steps * camera.width_px, steps * camera.height_px)
    points_px = np.stack([columns.ravel(), rows.ravel()], 1)
    places, bases, weights = [], [], []
    for height_m in heights_of(world, thing):
        places_m, area_m2 = ground_under(camera, points_px, height_m)
        seen = np.isfinite(area_m2)
        seen[seen] = world.ground.heights_m(zones, places_m[seen]) == height_m
        places.append(places_m[seen])
        bases.append(np.full(int(seen.sum()), height_m))
        weights.append(area_m2[seen])
    places_m = np.concatenate(places)
    weight = np.concatenate(weights) * side.shares_at(places_m)
    shown = weight > 0
    poses = Poses(places_m[shown], side.ruled_yaws_at(places_m[shown]), np.concatenate(bases)[shown])
    return poses, weight[shown]
