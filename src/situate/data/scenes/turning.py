"""How things are turned: a distribution of directions for every rule, and which places suit a direction.

| rule | directions drawn | places that suit |
|---|---|---|
| any | uniform | all |
| along | the front along the road, either way, 3 degrees of spread | all |
| wall | the front away from one of the walls, each as likely | those with the back at most 0.25 m from that wall |
| road | the front across the road, either way, 12 degrees of spread | those from which the front sees the road |
"""

import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.ground import Ground, Wall
from situate.data.scenes.rules import Kind
from situate.data.scenes.things import Thing

ALONG_SPREAD_RAD, ROAD_SPREAD_RAD = np.radians(3), np.radians(12)
WALL_GAP_M = (0.02, 0.25)
SAME_TURN_RAD = 0.01


def draw_yaws(generator: np.random.Generator, ground: Ground, kind: Kind, num: int) -> Float[np.ndarray, " num"]:
    """Draw directions of things of a kind, whatever their place."""
    if kind.turn == "any" or (kind.turn == "wall" and not ground.walls):
        return generator.uniform(0, 2 * np.pi, num)
    if kind.turn == "wall":
        facings = np.array([wall.facing_rad for wall in ground.walls])
        return yaw_facing(facings[generator.integers(len(facings), size=num)])
    ways = np.pi * generator.integers(2, size=num)
    if kind.turn == "along":
        return yaw_facing(ground.heading_rad + ways + generator.normal(0, ALONG_SPREAD_RAD, num))
    return yaw_facing(ground.heading_rad + np.pi / 2 + ways + generator.normal(0, ROAD_SPREAD_RAD, num))


def yaw_facing(heading_rad: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return the turn that makes a front, which looks towards -y unturned, look along a heading (clockwise from +y)."""
    return (np.pi - heading_rad) % (2 * np.pi)


def suits(
    ground: Ground, kind: Kind, thing: Thing, places_m: Float[np.ndarray, "k 2"], yaws_rad: Float[np.ndarray, " k"]
) -> Bool[np.ndarray, " k"]:
    """Say at which places a thing turned so obeys its kind's rule."""
    if kind.turn == "road":
        front = np.stack([np.sin(yaws_rad), -np.cos(yaws_rad)], 1)
        right = np.array([ground.direction[1], -ground.direction[0]])
        return (front @ right) * ((places_m - np.asarray(ground.centre_m)) @ right) < 0
    if kind.turn == "wall" and ground.walls:
        outlines = thing.footprint_at_m(places_m, yaws_rad)
        at_walls = [_is_at(wall, outlines, yaws_rad, thing.footprint_margin_m) for wall in ground.walls]
        return np.any(at_walls, axis=0)
    return np.ones(len(places_m), bool)


def _is_at(wall: Wall, outlines_m: np.ndarray, yaws_rad: np.ndarray, margin_m: float) -> np.ndarray:
    away_m = ((outlines_m - np.asarray(wall.point_m)) @ wall.facing).min(1) - margin_m
    turned = (yaws_rad - yaw_facing(np.array([wall.facing_rad]))[0] + np.pi) % (2 * np.pi) - np.pi
    return (away_m >= WALL_GAP_M[0]) & (away_m <= WALL_GAP_M[1]) & (np.abs(turned) < SAME_TURN_RAD)
