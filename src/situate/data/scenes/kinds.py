"""The table of kinds: what may stand where, and how large it is in metres."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from situate.data.scenes.meshes import Mesh, box, lathe, pyramid

Zone = Literal["road", "grass", "pavement"]
Body = Callable[[float, float], Sequence[Mesh]]


@dataclass(frozen=True)
class Kind:
    """One kind of object and its rules.

    Attributes:
        name: Class name of the triple.
        zone: The only ground it may stand on.
        height_m: Range of heights, drawn uniformly.
        width_per_height: Range of the width divided by the height, drawn uniformly.
        body: Makes the meshes for a height and a width in metres, standing on z = 0.
    """

    name: str
    zone: Zone
    height_m: tuple[float, float]
    width_per_height: tuple[float, float]
    body: Body


def _ball(height_m: float, width_m: float) -> list[Mesh]:
    angles = np.linspace(-np.pi / 2, np.pi / 2, 17)
    return [lathe([(width_m / 2 * np.cos(a), height_m / 2 * (1 + np.sin(a))) for a in angles])]


def _cone(height_m: float, width_m: float) -> list[Mesh]:
    foot_m = 0.06 * height_m
    wall = lathe([(0.36 * width_m, foot_m), (0.06 * width_m, height_m), (0.0, height_m)])
    return [box((width_m, width_m, foot_m), slot="trim"), wall]


def _crate(height_m: float, width_m: float) -> list[Mesh]:
    return [box((width_m, width_m, height_m))]


def _barrel(height_m: float, width_m: float) -> list[Mesh]:
    radius = width_m / 2
    levels = [
        (0.0, 0.97),
        (0.31, 0.97),
        (0.33, 1.0),
        (0.35, 0.97),
        (0.64, 0.97),
        (0.66, 1.0),
        (0.68, 0.97),
        (1.0, 0.97),
    ]
    wall = [(radius * scale, height_m * level) for level, scale in levels]
    lid = [(radius * 0.97, height_m), (radius * 0.88, 0.97 * height_m), (0.0, 0.97 * height_m)]
    return [lathe([(0.0, 0.0), *wall]), lathe(lid, "trim")]


def _tyres(height_m: float, width_m: float) -> list[Mesh]:
    num_tyres = max(1, round(height_m / (0.28 * width_m)))
    half_m, outer_m = height_m / num_tyres / 2, width_m / 2
    angles = np.linspace(0, 2 * np.pi, 15)
    ring = [(0.76 * outer_m + 0.24 * outer_m * _flat(np.cos(a)), half_m * (1 + _flat(np.sin(a)))) for a in angles[::1]]
    return [lathe([(r, z + 2 * half_m * k) for r, z in ring]) for k in range(num_tyres)]


def _flat(value: float) -> float:
    return float(np.clip(1.25 * value, -1, 1))


def _barrier(height_m: float, width_m: float) -> list[Mesh]:
    plank_m, depth_m, leg_m = 0.28 * height_m, 0.05, 0.07
    planks = [box((width_m, depth_m, plank_m), (0.0, 0.0, level * height_m)) for level in (0.3, 0.72)]
    legs = [box((leg_m, 0.45 * height_m, 0.05), (side * 0.4 * width_m, 0.0, 0.0), "trim") for side in (-1, 1)]
    posts = [box((leg_m, leg_m, 0.97 * height_m), (side * 0.4 * width_m, 0.06, 0.0), "trim") for side in (-1, 1)]
    return [*planks, *legs, *posts]


def _post(height_m: float, width_m: float) -> list[Mesh]:
    radius = width_m / 2
    return [lathe([(radius, 0.0), (radius, 0.94 * height_m), (0.7 * radius, height_m), (0.0, height_m)])]


def _tent(height_m: float, width_m: float) -> list[Mesh]:
    return [pyramid(width_m, height_m)]


def _bench(height_m: float, width_m: float) -> list[Mesh]:
    depth_m, seat_m = 0.52 * height_m, 0.5 * height_m
    seat = box((width_m, depth_m, 0.06), (0.0, 0.0, seat_m - 0.06))
    back = box((width_m, 0.05, 0.36 * height_m), (0.0, depth_m / 2, 0.64 * height_m))
    legs = [box((0.08, depth_m, seat_m - 0.06), (side * 0.42 * width_m, 0.0, 0.0), "trim") for side in (-1, 1)]
    arms = [box((0.07, 0.05, height_m), (side * 0.42 * width_m, depth_m / 2 + 0.05, 0.0), "trim") for side in (-1, 1)]
    return [seat, back, *legs, *arms]


def _sign(height_m: float, width_m: float) -> list[Mesh]:
    pole_m = 0.04
    pole = lathe([(pole_m, 0.0), (pole_m, 0.98 * height_m), (0.0, 0.98 * height_m)], "trim")
    return [pole, box((width_m, 0.03, width_m), (0.0, -pole_m - 0.016, height_m - width_m))]


def _planter(height_m: float, width_m: float) -> list[Mesh]:
    rim_m, bush_m = 0.42 * height_m, 0.35 * height_m
    pot = lathe([(0.0, 0.0), (0.34 * width_m, 0.0), (0.46 * width_m, rim_m), (0.0, rim_m)], "trim")
    angles = np.linspace(-np.pi / 2, np.pi / 2, 13)
    bush = lathe([(0.5 * width_m * np.cos(a), height_m - bush_m + bush_m * np.sin(a)) for a in angles])
    return [pot, bush]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("cone", "road", (0.45, 1.0), (0.5, 0.65), _cone),
        Kind("crate", "road", (0.4, 1.1), (0.75, 1.4), _crate),
        Kind("barrel", "road", (0.8, 1.2), (0.58, 0.72), _barrel),
        Kind("tyres", "road", (0.2, 0.9), (0.75, 1.25), _tyres),
        Kind("barrier", "road", (0.8, 1.2), (1.2, 1.8), _barrier),
        Kind("ball", "grass", (0.35, 1.0), (1.0, 1.0), _ball),
        Kind("post", "grass", (0.7, 1.4), (0.12, 0.2), _post),
        Kind("tent", "grass", (1.1, 2.0), (1.05, 1.5), _tent),
        Kind("bench", "grass", (0.75, 0.95), (1.6, 2.1), _bench),
        Kind("sign", "grass", (1.5, 2.6), (0.26, 0.36), _sign),
        Kind("planter", "pavement", (0.6, 1.3), (0.55, 0.85), _planter),
    )
}
