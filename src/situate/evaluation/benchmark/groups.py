"""Which scenes of the benchmark are looked at together: those of one world, of one kind, of models seen in training."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from situate.evaluation.benchmark.scene_scores import SceneScores

MIN_KIND_SCENES = 5
"""Kinds with fewer scenes are joined."""
OTHERS = "others"
GROUPINGS: Mapping[str, tuple[Callable[[SceneScores], str], int]] = {
    "world": (lambda scene: scene.subject.setting, 1),
    "models": (lambda scene: scene.subject.familiarity, 1),
    "kind": (lambda scene: scene.subject.kind, MIN_KIND_SCENES),
}
"""By name: how the group of a scene is called, and how many scenes a group has at least; smaller ones are joined."""


def grouped(
    scores: Sequence[SceneScores], key: Callable[[SceneScores], str], min_scenes: int
) -> dict[str, list[SceneScores]]:
    """Sort scenes into groups, the largest first; those of groups under `min_scenes` become `OTHERS`, which is last."""
    found: defaultdict[str, list[SceneScores]] = defaultdict(list)
    for scene in scores:
        found[key(scene)].append(scene)
    kept = {name: part for name, part in found.items() if len(part) >= min_scenes}
    groups = dict(sorted(kept.items(), key=lambda group: (-len(group[1]), group[0])))
    others = [scene for scene in scores if key(scene) not in kept]
    return {**groups, OTHERS: others} if others else groups
