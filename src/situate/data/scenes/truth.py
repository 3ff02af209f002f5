"""What is known of a scene beside its pictures, as JSON: camera, contacts, footprints, seed."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from situate.data.scenes.things import Thing
from situate.data.scenes.world import World

NUM_DIGITS = 5


def truth_of(world: World, index: int) -> dict[str, Any]:
    """Return the truth of the triple of object `index`; lengths are metres, angles radians, `contact_px` pixels."""
    camera = world.camera
    return {
        "world": world.setting,
        "seed": world.seed,
        "object": index,
        "camera": {
            "height_m": camera.height_m,
            "pitch_rad": camera.pitch_rad,
            "fov_deg": camera.fov_deg,
            "width_px": camera.width_px,
            "height_px": camera.height_px,
        },
        "things": [_described(world, thing) for thing in world.things],
        "props": [_described(world, thing) for thing in world.props],
    }


def _described(world: World, thing: Thing) -> dict[str, Any]:
    contact_px = world.camera.project(np.array([[*thing.position_m, thing.base_m]]))[0]
    return {
        "kind": thing.kind,
        "model": thing.model.key if thing.model is not None else None,
        "height_m": round(thing.height_m, NUM_DIGITS),
        "width_m": round(thing.width_m, NUM_DIGITS),
        "depth_m": round(thing.depth_m, NUM_DIGITS),
        "yaw_rad": round(thing.yaw_rad, NUM_DIGITS),
        "position_m": _rounded(np.array([*thing.position_m, thing.base_m])),
        "contact_px": None if np.isnan(contact_px).any() else _rounded(contact_px),
        "footprint_m": [_rounded(corner) for corner in thing.placed_footprint_m],
        "footprint_margin_m": round(thing.footprint_margin_m, NUM_DIGITS),
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), NUM_DIGITS) for value in values]


def models_shown(truths: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the keys of all models that scenes show, as objects or as fixed things, from their truths."""
    return {thing["model"] for truth in truths for thing in (*truth["things"], *truth["props"])} - {None}
