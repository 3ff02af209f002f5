"""Publish a test set of the scenes benchmark anew, after the generator has changed: config, names, hashes of worlds."""

import json
from pathlib import Path

from cyclopts import run

from situate.data.scenes.config import SceneConfig
from situate.evaluation.benchmark.scene_set import TestSet, frozen_set

NUM_SCENES, SCENES_PER_BLOCK = 500, 50
FOLDER = Path(__file__).resolve().parents[1] / "src" / "situate" / "evaluation" / "benchmark"


def main(name: TestSet, *, assets: Path | None = None) -> None:
    """Draw the worlds and write their description into the package.

    Args:
        name: Which test set.
        assets: Folder of the Sweet Home 3D models, which `worlds` needs.
    """
    shared = {"num_triples": NUM_SCENES, "triples_per_scene": 1, "triples_per_block": SCENES_PER_BLOCK}
    if name == "primitives":
        config = SceneConfig.checked(**shared, seed=20261122, num_samples=16)
    else:
        config = SceneConfig.checked(**shared, seed=20261125, world="mixed", models="test", assets=assets)
    content = frozen_set(name, config, NUM_SCENES, SCENES_PER_BLOCK)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {NUM_SCENES} scenes, sha256 {content['sha256']}")


if __name__ == "__main__":
    run(main)
