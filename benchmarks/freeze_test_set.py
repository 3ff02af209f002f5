"""Publish the scenes benchmark's test set anew, after the generator has changed: config, names, hashes of the worlds.

Usage: .venv/bin/python benchmarks/freeze_test_set.py [NUM_SCENES]
"""

import json
import sys
from pathlib import Path

from situate.data.scenes.config import SceneConfig
from situate.evaluation.benchmark.scene_set import PUBLISHED, frozen_set

NUM_SCENES, SCENES_PER_BLOCK = 500, 50
CONFIG = SceneConfig(num_triples=NUM_SCENES, triples_per_scene=1, triples_per_block=SCENES_PER_BLOCK, seed=20261122)
FOLDER = Path(__file__).resolve().parents[1] / "src" / "situate" / "evaluation" / "benchmark"


def main() -> None:
    """Draw the worlds and write the file into the package."""
    num_scenes = int(sys.argv[1]) if len(sys.argv) > 1 else NUM_SCENES
    content = frozen_set(PUBLISHED, CONFIG, num_scenes, SCENES_PER_BLOCK)
    path = FOLDER / f"{PUBLISHED}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {num_scenes} scenes, sha256 {content['sha256']}")


if __name__ == "__main__":
    main()
