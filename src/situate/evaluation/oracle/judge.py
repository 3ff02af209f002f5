"""Is a proposed box plausible, and if not, why not?"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from situate.data.places.company import Company
from situate.data.places.lattice import heights_of
from situate.data.places.poses import Poses, boxes_px, poses_at
from situate.data.places.sides import Side, shows
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.things import Thing
from situate.data.scenes.turning import suits
from situate.data.scenes.world import World

Reason = Literal["ground", "surface", "size", "overlap", "hidden", "turn"]
"""What can be wrong with a box; docs/benchmark.md says what each means."""
MIN_ON_SURFACE = 0.9
SIZE_RATIO = (0.8, 1.25)
MIN_SEEN = 0.5
NUM_FOOTPRINT_POINTS = 400
SLACK = 1e-6


@dataclass(frozen=True)
class Verdict:
    """What the oracle says of one box.

    Attributes:
        reasons: What is wrong with it; nothing if it is plausible.
        size_ratio: Its height over the true height at that contact point; NaN without ground.
        surface_share: How much of the footprint is on an allowed surface.
        visible_share: How much of the outline is seen.
        thing: The object as it would stand there, at its true size; None without ground.
    """

    reasons: tuple[Reason, ...]
    size_ratio: float
    surface_share: float
    visible_share: float
    thing: Thing | None

    @property
    def is_plausible(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.reasons


def contact_poses(
    world: World, thing: Thing, side: Side, anchors_px: Float[np.ndarray, "k 2"]
) -> tuple[Poses, Float[np.ndarray, " k"]]:
    """Find how the thing would have to stand so that its box has these anchors.

    Where several surfaces are seen behind one another (a table over a floor), the one that carries most of the
    footprint counts; of equals the highest.

    Returns:
        Poses, with NaN where no ground is seen, and the share of each footprint on an allowed surface.
    """
    best = Poses(np.full((len(anchors_px), 2), np.nan), np.full(len(anchors_px), np.nan), np.zeros(len(anchors_px)))
    shares = np.full(len(anchors_px), -1.0)
    for height_m in heights_of(world, thing.kind):
        poses = _settled(world, thing, side, anchors_px, height_m)
        share = np.array([surface_share(world, thing, poses, number) for number in range(len(poses))])
        is_better = share > shares
        best = Poses(
            np.where(is_better[:, None], poses.places_m, best.places_m),
            np.where(is_better, poses.yaws_rad, best.yaws_rad),
            np.where(is_better, poses.bases_m, best.bases_m),
        )
        shares = np.maximum(share, shares)
    return best, np.maximum(shares, 0.0)


def _settled(world: World, thing: Thing, side: Side, anchors_px: np.ndarray, height_m: float) -> Poses:
    """Stand the thing on one plane: first turned to show its side, then turned as the rule knows it."""
    poses, is_found = poses_at(world.camera, thing, anchors_px, height_m, side.yaws_at)
    ruled = side.ruled_yaws_at(poses.places_m)
    if side.directions_rad is not None and len(ruled):
        poses, is_found = poses_at(world.camera, thing, anchors_px, height_m, lambda _: ruled)
    places_m = np.where(is_found[:, None], poses.places_m, np.nan)
    return Poses(places_m, poses.yaws_rad, poses.bases_m)


def surface_share(world: World, thing: Thing, poses: Poses, number: int) -> float:
    """Return how much of the footprint lies on surfaces of its kind at the height that it stands on; -1 if nowhere."""
    if not np.isfinite(poses.places_m[number]).all():
        return -1.0
    zones = KINDS[thing.kind].zones
    corners = thing.footprint_at_m(poses.places_m[[number]], poses.yaws_rad[[number]])[0]
    points = _points_in(corners, thing.footprint_margin_m)
    is_on = world.ground.holds(zones, points[:, None], 0.0)
    return float((is_on & (world.ground.heights_m(zones, points) == poses.bases_m[number])).mean())


def _points_in(corners: Float[np.ndarray, "c 2"], margin_m: float) -> Float[np.ndarray, "k 2"]:
    """Spread points evenly over a circle (one corner and a margin) or a rectangle (four corners)."""
    if len(corners) == 1:
        step = np.arange(NUM_FOOTPRINT_POINTS)
        # A sunflower: equal areas, turned by the golden angle.
        radius = margin_m * np.sqrt((step + 0.5) / NUM_FOOTPRINT_POINTS)
        turn = step * np.pi * (3 - np.sqrt(5))
        return corners + np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)
    side = round(np.sqrt(NUM_FOOTPRINT_POINTS))
    shares = (np.arange(side) + 0.5) / side
    along, across = np.meshgrid(shares, shares)
    first, second, _, fourth = corners
    return first + along.reshape(-1, 1) * (second - first) + across.reshape(-1, 1) * (fourth - first)


def judged(world: World, thing: Thing, side: Side, company: Company, boxes: Float[np.ndarray, "k 4"]) -> list[Verdict]:
    """Judge boxes given by left, top, right and bottom in pixels."""
    anchors = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], 1)
    poses, on_surface = contact_poses(world, thing, side, anchors)
    true_boxes = boxes_px(world.camera, thing, poses)
    ratios = (boxes[:, 3] - boxes[:, 1]) / (true_boxes[:, 3] - true_boxes[:, 1])
    has_room = company.leaves_room(thing, poses, 0.0)
    is_turned = shows(side, poses.places_m, poses.yaws_rad)
    is_turned &= suits(world.ground, KINDS[thing.kind], thing, poses.places_m, poses.yaws_rad)
    verdicts = []
    for number in range(len(boxes)):
        if not np.isfinite(ratios[number]):
            verdicts.append(Verdict(("ground",), float("nan"), 0.0, 0.0, None))
            continue
        placed = poses.thing_at(thing, number)
        visible = company.visible_share(placed)
        wrong: dict[Reason, bool] = {
            "surface": on_surface[number] < MIN_ON_SURFACE,
            "size": not SIZE_RATIO[0] - SLACK <= ratios[number] <= SIZE_RATIO[1] + SLACK,
            "overlap": not has_room[number],
            "hidden": visible < MIN_SEEN,
            "turn": not is_turned[number],
        }
        reasons: tuple[Reason, ...] = tuple(reason for reason, is_wrong in wrong.items() if is_wrong)
        verdicts.append(Verdict(reasons, float(ratios[number]), float(on_surface[number]), visible, placed))
    return verdicts
