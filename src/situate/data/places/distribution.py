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

from situate.data.places.company import Company
from situate.data.places.lattice import lattice_of
from situate.data.places.poses import CHUNK, Poses, anchors_of, boxes_px
from situate.data.places.sides import Side
from situate.data.scenes.placing import GAP_M, MIN_VISIBLE, is_allowed, is_well_seen
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World
from situate.errors import DataError

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


def cells_of(world: World, anchors_px: Float[np.ndarray, "k 2"]) -> Int[np.ndarray, " k"]:
    """Return the cell of each anchor, row by row; an anchor outside the picture counts to its nearest cell."""
    size_px = np.array([world.camera.width_px, world.camera.height_px])
    columns, rows = np.clip(np.floor(anchors_px / size_px * GRID_SIDE), 0, GRID_SIDE - 1).astype(np.int64).T
    return rows * GRID_SIDE + columns


def _nodes(world: World, thing: Thing, side: Side, nodes_per_cell: int) -> tuple[Poses, np.ndarray]:
    """Poses whose footprints' middles are seen at the nodes of a lattice over the picture, and their weights."""
    lattice = lattice_of(world, thing.kind, GRID_SIDE * nodes_per_cell)
    weight = lattice.area_m2 * side.shares_at(lattice.places_m)
    shown = weight > 0
    places_m = lattice.places_m[shown]
    return Poses(places_m, side.ruled_yaws_at(places_m), lattice.bases_m[shown]), weight[shown]
