"""The two passes over a block of frames: what can be used of it, and the triples made of that."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from situate.data.building.report import BuildReport
from situate.data.building.source import Plan
from situate.data.static.block import FrameBlock
from situate.data.static.config import StaticConfig
from situate.data.static.seen import SeenFrame, look, regions_of_mask
from situate.data.static.select import select_objects
from situate.data.static.tally import Tally
from situate.data.static.triple import Subject, make_triple
from situate.data.static.view import View, view_of
from situate.data.writer import TripleWriter
from situate.errors import DataError, InputError

_STAYS = 0.5
"""A used object whose place is covered by less than this share has gone."""


def plan_block(block: FrameBlock, cache: Path) -> Plan:
    """Apply the rules to a block.

    Returns:
        `report`; `chosen`: for every frame's name the numbers and the qualities of the objects to be used.
    """
    tally = Tally(block)
    chosen: dict[str, list[list[float]]] = {}
    try:
        view = view_of(block.clip, block.config, cache)
    except (DataError, InputError) as error:
        tally.refuse_clip(str(error))
        return {"report": tally.report().to_json(), "chosen": chosen}
    used = _used_before(block, view)
    for path in block.frames:
        seen = tally.look(path, view)
        if seen is None:
            continue
        if _is_moving(seen, view, block.config):
            tally.refuse_moving(seen)
            continue
        selection = select_objects(seen, used, block.key_of(path), block.config)
        tally.take(selection)
        chosen[path.name] = [[one.number, one.quality] for one in selection.chosen]
        used = _still_there(used, seen) + [one.mask for one in selection.chosen]
    return {"report": tally.report().to_json(), "chosen": chosen}


def make_block(block: FrameBlock, plan: Plan, cache: Path, destination: Path) -> BuildReport:
    """Make the triples of a planned block and write them as one shard into `destination`."""
    planned = BuildReport.from_json(plan["report"])
    if not planned.num_triples:
        return planned
    view = view_of(block.clip, block.config, cache)
    with TripleWriter(destination, first_shard=block.number, triples_per_shard=planned.num_triples) as writer:
        for path in block.frames:
            chosen = plan["chosen"].get(path.name, ())
            if chosen:
                seen = look(path, view, regions_of_mask(block.clip, path, view.plate.shape[:2], block.config))
                for number, quality in chosen:
                    key = f"{block.key_of(path)}-object{number}"
                    subject = Subject(number, quality, key, block.clip.name, block.kind)
                    writer.write(make_triple(seen, subject, view, block.config))
    return planned


def _used_before(block: FrameBlock, view: View) -> list[Bool[np.ndarray, "h w"]]:
    """The objects of the frame before the block: what stands still is not used again at every block's start."""
    seen = None if block.before is None else Tally(block).look(block.before, view)
    if seen is None:
        return []
    return [seen.regions.objects == number for number in range(1, seen.regions.num_objects + 1)]


def _still_there(used: Sequence[Bool[np.ndarray, "h w"]], seen: SeenFrame) -> list[Bool[np.ndarray, "h w"]]:
    """Those of the objects used last on whose place there is something."""
    return [mask for mask in used if np.count_nonzero((seen.regions.objects > 0) & mask) > _STAYS * mask.sum()]


def _is_moving(seen: SeenFrame, view: View, config: StaticConfig) -> bool:
    return max(view.disagreement, seen.disagreement) > config.max_disagreement
