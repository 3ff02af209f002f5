"""Publish a test set of the scenes benchmark anew, after the generator has changed: config, names, hashes of worlds."""

import json
from pathlib import Path

from cyclopts import run

from situate.data.scenes.config import SceneConfig
from situate.evaluation.benchmark.scene_set import TestSet, frozen_set

SCENES_PER_BLOCK = 50
SETS = {
    "primitives": {"num_triples": 500, "seed": 20261122, "num_samples": 16},
    "worlds": {"num_triples": 500, "seed": 20261125, "world": "mixed", "models": "test"},
    "worlds-seen": {"num_triples": 200, "seed": 20261130, "world": "mixed", "models": "train"},
}
FOLDER = Path(__file__).resolve().parents[1] / "src" / "situate" / "evaluation" / "benchmark"


def main(name: TestSet, *, assets: Path | None = None) -> None:
    """Draw the worlds and write their description into the package.

    Args:
        name: Which test set.
        assets: Folder of the Sweet Home 3D models, which all but `primitives` need.
    """
    config = SceneConfig.checked(**SETS[name], triples_per_scene=1, triples_per_block=SCENES_PER_BLOCK, assets=assets)
    content = frozen_set(name, config, config.num_triples, SCENES_PER_BLOCK)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {config.num_triples} scenes, sha256 {content['sha256']}")


if __name__ == "__main__":
    run(main)
