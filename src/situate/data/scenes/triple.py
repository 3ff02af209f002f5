"""From one world to its triples: full render, a render without each object, the object alone, and the masks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from situate.data.scenes.cards import card_brightness
from situate.data.scenes.cutout import Cutout, render_cutout
from situate.data.scenes.light import LUMINANCE, developed, seen_gain
from situate.data.scenes.masks import support_of, visible_alpha_of
from situate.data.scenes.render import Renderer, Shapes
from situate.data.scenes.stage import stage_meshes, stage_paints
from situate.data.scenes.textures import Colour
from situate.data.scenes.things import Thing
from situate.data.scenes.truth import truth_of
from situate.data.scenes.world import World
from situate.records.triple import Triple
from situate.seeds import seed_for

EFFECT_LEVELS = 2
MIN_PIECE_PX, MIN_PIECE_DIMMING, MIN_PIECE_UNITY = 10, 4.0, 0.7
"""A piece of the effect apart from the object is a shadow if it is so large, so much darker and darker throughout: its
mean change is this share of its mean absolute change. All else is faces of models in one plane, of which a ray hits now
this one, now the other."""

FEATHER_U8 = (170, 85)
MIN_VISIBLE = 0.6
METER_SCALE = 4
"""The camera meters a picture so many times smaller."""


@dataclass(frozen=True)
class Staged:
    """A world made of shapes, of which `objects` can be taken away one by one.

    Attributes:
        world: What it was made from.
        scenery: Ground and scenery.
        props: The shapes of every fixed thing.
        objects: The shapes of every thing.
        gain: With which the camera develops all pictures; metered without the objects, so it does not depend on them.
    """

    world: World
    scenery: Shapes
    props: list[Shapes]
    objects: list[Shapes]
    gain: Colour


def render_triples(
    renderer: Renderer, world: World, group: str, indices: Sequence[int], skipped: Counter[str]
) -> list[Triple]:
    """Render the triples of the objects `indices` of a world; what cannot be used is counted in `skipped`."""
    staged = stage_world(renderer, world)
    composite = render_picture(renderer, staged)
    triples = []
    for index in indices:
        thing = world.things[index]
        cutout = render_cutout(renderer, world.camera, thing, staged.objects[index])
        visible = visible_alpha_of(renderer, world, index, [*staged.objects, *staged.props], cutout.amodal_alpha)
        if visible.sum(dtype=np.int64) < MIN_VISIBLE * cutout.amodal_alpha.sum(dtype=np.int64):
            skipped["less than 60 % visible"] += 1
            continue
        without = render_picture(renderer, staged, left_out=index)
        effect = effect_of(without, composite, visible)
        triples.append(
            Triple(
                key=f"{group}-{index}",
                group=group,
                source="scenes",
                kind=thing.kind,
                background=without,
                composite=np.where(effect[..., None] > 0, composite, without),
                foreground=cutout.foreground,
                visible_alpha=visible,
                effect=effect,
                hole=np.zeros_like(effect),
                box_cxcywh=cutout.box_cxcywh,
                amodal_alpha=cutout.amodal_alpha,
                support=support_of(world.camera, world.ground, thing.kind),
                light=_light_of(staged, thing, cutout),
                truth=truth_of(world, index),
            )
        )
    return triples


def stage_world(renderer: Renderer, world: World) -> Staged:
    """Make the shapes of a world, and meter it."""
    meshes = stage_meshes(world.ground, world.blocks)
    scenery = renderer.shapes(meshes, stage_paints(meshes, world.seed))
    props = [renderer.shapes(prop.placed_body(), prop.paints()) for prop in world.props]
    objects = [renderer.shapes(thing.placed_body(), thing.paints()) for thing in world.things]
    camera = world.camera
    meter = replace(camera, width_px=camera.width_px // METER_SCALE, height_px=camera.height_px // METER_SCALE)
    radiance = renderer.radiance(_joined(scenery, *props), world.light, meter, _sample_seed(world))
    return Staged(world, scenery, props, objects, seen_gain(world.light, radiance[..., :3]))


def render_picture(renderer: Renderer, staged: Staged, left_out: int | None = None) -> UInt8[np.ndarray, "h w 3"]:
    """Render a world, whole or without one of its objects; the samples are the same."""
    world = staged.world
    kept = [shapes for number, shapes in enumerate(staged.objects) if number != left_out]
    shapes = _joined(staged.scenery, *staged.props, *kept)
    radiance = renderer.radiance(shapes, world.light, world.camera, _sample_seed(world))
    return developed(radiance[..., :3], staged.gain)


def _joined(*parts: Shapes) -> Shapes:
    return [shape for part in parts for shape in part]


def _light_of(staged: Staged, thing: Thing, cutout: Cutout) -> Float32[np.ndarray, "2 5 3"]:
    """Return what grey cards in the middle of a thing show, in the scene's light and in its cut-out's."""
    middle_m = (*thing.position_m, thing.base_m + thing.height_m / 2)
    # The ground hides the lower half of the sky, from which a thing alone is lit.
    on_the_ground = replace(staged.world.light, bounce=(0.0, 0.0, 0.0))
    scene = card_brightness(on_the_ground, staged.gain, middle_m)
    return np.stack([scene, card_brightness(cutout.light, cutout.light.gain, middle_m)])


def _sample_seed(world: World) -> int:
    return seed_for(world.seed, "samples") % 2**31


def effect_of(
    background: UInt8[np.ndarray, "h w 3"], composite: UInt8[np.ndarray, "h w 3"], visible: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Return 255 where the pictures differ by more than noise or the object is seen, feathered outside that set.

    Apart from the object only clear shadows count.
    """
    differs = (cv2.absdiff(background, composite).max(2) > EFFECT_LEVELS).astype(np.uint8)
    differs = cv2.morphologyEx(cv2.medianBlur(differs, 3), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    support = np.maximum(differs, (visible > 0).astype(np.uint8))
    pieces = np.asarray(cv2.connectedComponents(support, connectivity=8)[1], np.int64)
    is_kept = _are_shadows(background, composite, pieces)
    is_kept[np.unique(pieces[visible > 0])] = True
    is_kept[0] = False  # piece 0 is what does not differ
    support = is_kept[pieces]
    away = cv2.distanceTransform((~support).astype(np.uint8), cv2.DIST_C, 3)
    effect = np.where(support, 255, 0).astype(np.uint8)
    for distance, level in enumerate(FEATHER_U8, start=1):
        effect[(away > distance - 0.5) & (away < distance + 0.5)] = level
    return effect


def _are_shadows(
    background: UInt8[np.ndarray, "h w 3"], composite: UInt8[np.ndarray, "h w 3"], pieces: Int64[np.ndarray, "h w"]
) -> Bool[np.ndarray, " n"]:
    """Which of the numbered pieces are large, darker and darker throughout."""
    dimming = (background.astype(np.float64) - composite) @ np.asarray(LUMINANCE)
    area_px = np.bincount(pieces.ravel())
    mean, mean_size = (
        np.bincount(pieces.ravel(), weights=one.ravel()) / area_px.clip(min=1) for one in (dimming, abs(dimming))
    )
    return (area_px >= MIN_PIECE_PX) & (mean >= MIN_PIECE_DIMMING) & (mean >= MIN_PIECE_UNITY * mean_size)
