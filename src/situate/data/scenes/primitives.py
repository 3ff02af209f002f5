"""The primitive kinds: what may stand where, and how large it is in metres."""

import numpy as np

from situate.data.scenes.meshes import Mesh, box, lathe, pyramid
from situate.data.scenes.rules import Kind


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


PRIMITIVES: tuple[Kind, ...] = (
    Kind("cone", ("road",), body=_cone, height_m=(0.45, 1.0), width_per_height=(0.5, 0.65)),
    Kind("crate", ("road",), body=_crate, height_m=(0.4, 1.1), width_per_height=(0.75, 1.4)),
    Kind("barrel", ("road",), body=_barrel, height_m=(0.8, 1.2), width_per_height=(0.58, 0.72)),
    Kind("tyres", ("road",), body=_tyres, height_m=(0.2, 0.9), width_per_height=(0.75, 1.25)),
    Kind("barrier", ("road",), body=_barrier, height_m=(0.8, 1.2), width_per_height=(1.2, 1.8)),
    Kind("ball", ("grass",), body=_ball, height_m=(0.35, 1.0), width_per_height=(1.0, 1.0)),
    Kind("post", ("grass",), body=_post, height_m=(0.7, 1.4), width_per_height=(0.12, 0.2)),
    Kind("tent", ("grass",), body=_tent, height_m=(1.1, 2.0), width_per_height=(1.05, 1.5)),
    Kind("bench", ("grass",), body=_bench, height_m=(0.75, 0.95), width_per_height=(1.6, 2.1)),
    Kind("sign", ("grass",), body=_sign, height_m=(1.5, 2.6), width_per_height=(0.26, 0.36)),
    Kind("planter", ("pavement",), body=_planter, height_m=(0.6, 1.3), width_per_height=(0.55, 0.85)),
)
