"""The oracle: everything that is known about one object of one rendered scene."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from situate.data.places.company import Company
from situate.data.places.distribution import TrueDistribution, cells_of, true_distribution
from situate.data.places.poses import anchors_of, boxes_px, fractions_of, pose_of, poses_at
from situate.data.places.sides import side_of
from situate.data.scenes.render import Renderer
from situate.data.scenes.things import Thing
from situate.data.scenes.triple import render_triples
from situate.data.scenes.world import World
from situate.evaluation.oracle.judge import MIN_SEEN, Verdict, judged
from situate.geometry.canvas import BoxCxcywh
from situate.records.triple import Triple

RENDERED_RATIO = (0.2, 5.0)
"""An object is rendered at the size of its box, but not smaller or larger than so many times its true size."""
SCALE_STEPS = 4


class Oracle:
    """Knows which places are right for thing number `index` of a world, how likely each is, and how it looks there.

    Boxes are of the whole object (amodal), centre and size as fractions of the picture.
    """

    def __init__(self, world: World, index: int) -> None:
        """Take the thing out of the world; all others stay where they are."""
        self.world = world
        self.index = index
        self.thing: Thing = world.things[index]
        self.side = side_of(world.ground, self.thing)
        self.company = Company(world, index)

    @cached_property
    def true_box_cxcywh(self) -> BoxCxcywh:
        """The box where the object really stands."""
        return self._fractions(boxes_px(self.world.camera, self.thing, pose_of(self.thing)))[0]

    @cached_property
    def truth(self) -> TrueDistribution:
        """The true distribution of its place, given all other objects."""
        return true_distribution(self.world, self.thing, self.side, self.company)

    @property
    def true_cell_log_prob(self) -> Float[np.ndarray, "16 16"]:
        """Log-probability of each cell of a fixed grid over the picture to hold the anchor."""
        return self.truth.cell_log_prob

    def plausible(self, box_cxcywh: BoxCxcywh) -> Verdict:
        """Judge one box."""
        return self.judged([box_cxcywh])[0]

    def judged(self, boxes_cxcywh: Sequence[BoxCxcywh]) -> list[Verdict]:
        """Judge several boxes."""
        return judged(self.world, self.thing, self.side, self.company, self._pixels(boxes_cxcywh))

    def size_ratio(self, box_cxcywh: BoxCxcywh) -> float:
        """Return the box's height over the true height at its contact point; NaN without ground."""
        return self.plausible(box_cxcywh).size_ratio

    def cells_of(self, boxes_cxcywh: Sequence[BoxCxcywh]) -> np.ndarray:
        """Return the cell of the grid in which each box's anchor lies, row by row."""
        return cells_of(self.world, anchors_of(self._pixels(boxes_cxcywh)))

    def draw_true_boxes(self, generator: np.random.Generator, num: int) -> list[BoxCxcywh]:
        """Draw boxes from the true distribution."""
        return self._fractions(self.truth.boxes_px[self.truth.draw(generator, num)])

    def world_with(self, box_cxcywh: BoxCxcywh) -> World | None:
        """Return the world with the object where a box says, of the box's size, turned to show the foreground's side.

        None if no ground is seen there.
        """
        verdict = self.plausible(box_cxcywh)
        if verdict.thing is None:
            return None
        thing = self._scaled(verdict.thing, self._pixels([box_cxcywh]))
        things = [thing if number == self.index else other for number, other in enumerate(self.world.things)]
        return replace(self.world, things=tuple(things))

    def render_at(self, renderer: Renderer, box_cxcywh: BoxCxcywh, group: str) -> Triple | None:
        """Render the true composite with the object at a proposed place, and its effect and visible alpha.

        Its size is the box's: size is scored apart.

        Returns:
            The triple; None where no ground is seen, or too little of the object to make a triple.
        """
        world = self.world_with(box_cxcywh)
        if world is None:
            return None
        moved = Company(world, self.index).visible_share(world.things[self.index])
        return self._rendered(renderer, world, group) if moved >= MIN_SEEN else None

    def render_truth(self, renderer: Renderer, group: str) -> Triple | None:
        """Render the triple of the object where it really stands; None if less of it is seen than a triple needs."""
        return self._rendered(renderer, self.world, group)

    def _rendered(self, renderer: Renderer, world: World, group: str) -> Triple | None:
        return next(iter(render_triples(renderer, world, group, [self.index], Counter())), None)

    def _scaled(self, thing: Thing, box_px: Float[np.ndarray, "1 4"]) -> Thing:
        """Make the thing as high as its box, and move it so that it keeps its anchor."""
        camera = self.world.camera
        for _ in range(SCALE_STEPS):
            seen = boxes_px(camera, thing, pose_of(thing))[0]
            ratio = float((box_px[0, 3] - box_px[0, 1]) / (seen[3] - seen[1]))
            least, most = (limit * self.thing.height_m / thing.height_m for limit in RENDERED_RATIO)
            ratio = float(np.clip(ratio, least, most))
            larger = replace(thing, height_m=thing.height_m * ratio, width_m=thing.width_m * ratio)
            yaw = np.array([thing.yaw_rad])
            poses, is_found = poses_at(camera, larger, anchors_of(box_px), thing.base_m, lambda _, yaw=yaw: yaw)
            if not is_found[0]:
                break
            thing = poses.thing_at(larger, 0)
        return thing

    def _pixels(self, boxes_cxcywh: Sequence[BoxCxcywh]) -> Float[np.ndarray, "k 4"]:
        camera = self.world.camera
        boxes = np.array(boxes_cxcywh, np.float64).reshape(-1, 4)
        size = np.array([camera.width_px, camera.height_px])
        return np.concatenate([(boxes[:, :2] - boxes[:, 2:] / 2) * size, (boxes[:, :2] + boxes[:, 2:] / 2) * size], 1)

    def _fractions(self, boxes: Float[np.ndarray, "k 4"]) -> list[BoxCxcywh]:
        return [(cx, cy, w, h) for cx, cy, w, h in fractions_of(self.world.camera, boxes).tolist()]
