"""How much noise renders leave: what differs outside the effect, and what of the effect is only noise."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from cyclopts import run

from situate.data.scenes.block import group_name, scene_of
from situate.data.scenes.config import SceneConfig, WorldChoice
from situate.data.scenes.cutout import render_cutout
from situate.data.scenes.masks import visible_alpha_of
from situate.data.scenes.render import Renderer
from situate.data.scenes.triple import effect_of, render_picture, stage_world
from situate.errors import InputError

CLEAN_SAMPLES = 256
GROWN_PX = 3


def main(world: WorldChoice = "primitives", *, assets: Path | None = None, num_scenes: int = 6, seed: int = 5) -> None:
    """Render scenes as data sets do and with many samples, and compare.

    Args:
        world: Which world.
        assets: Folder with models, which all worlds but `primitives` need.
        num_scenes: How many scenes; of each the first object is taken away.
        seed: Of the scenes.
    """
    config = SceneConfig.checked(world=world, assets=assets, seed=seed)
    renderers = Renderer(config.num_samples), Renderer(CLEAN_SAMPLES)
    outside, spurious, skipped = [], [], 0
    for number in range(num_scenes):
        scene, _ = scene_of(config, group_name(0, number), Counter())
        staged = stage_world(renderers[0], scene)
        cutout = render_cutout(renderers[0], scene.camera, scene.things[0], staged.objects[0])
        visible = visible_alpha_of(renderers[0], scene, 0, [*staged.objects, *staged.props], cutout.amodal_alpha)
        if not visible.any():
            skipped += 1
            continue
        effects = []
        for renderer in renderers:
            composite, without = (render_picture(renderer, staged, left_out=left_out) for left_out in (None, 0))
            effects.append(effect_of(without, composite, visible))
            if renderer is renderers[0]:
                differences = cv2.absdiff(composite, without).max(2)[effects[0] == 0]
                outside.append(differences)
        region = cv2.dilate((effects[1] > 0).astype(np.uint8), np.ones((2 * GROWN_PX + 1,) * 2, np.uint8))
        spurious.append(((effects[0] > 0) & (region == 0)).mean())
    if not outside:
        raise InputError(f"none of {num_scenes} scenes shows its first object; pass a larger --num-scenes")
    print(f"world {world}, {len(outside)} scenes ({skipped} without a visible object), {config.num_samples} samples")
    whole, each = np.percentile(np.concatenate(outside), 99.9), [np.percentile(one, 99.9) for one in outside]
    print(f"  difference outside the effect, 99.9th percentile: {whole:.1f} of all, most of one scene {max(each):.1f}")
    print(
        f"  effect outside that of {CLEAN_SAMPLES} samples grown by {GROWN_PX} px: "
        f"mean {np.mean(spurious):.3%}, most {max(spurious):.3%} of the picture"
    )


if __name__ == "__main__":
    run(main)
