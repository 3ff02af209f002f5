"""A block of frames: the unit of work of one process, and one shard on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from situate.data.static.clips import Clip, as_key
from situate.data.static.config import StaticConfig

FRAMES_PER_BLOCK = 16


@dataclass(frozen=True)
class FrameBlock:
    """Consecutive frames of a clip, with no more of the clip than its view is measured from.

    Attributes:
        number: Counts from 0; the number of the block's shard.
        clip: The clip, thinned to the frames that its view is measured from, the same for all its blocks.
        frames: The frames to be worked on.
        before: The frame before them, if there is one.
        config: How triples are made.
    """

    number: int
    clip: Clip
    frames: tuple[Path, ...]
    before: Path | None
    config: StaticConfig

    @property
    def num_pictures(self) -> int:
        """How many frames are worked on."""
        return len(self.frames)

    @property
    def kind(self) -> str:
        """The class name of the clip's objects."""
        if self.config.kind is not None:
            return self.config.kind
        return Path(self.clip.name).name if self.clip.is_nested else "object"

    def key_of(self, frame: Path) -> str:
        """Return what the keys of a frame's triples begin with."""
        return f"{self.clip.key}-{as_key(frame.stem)}"


def cut_into_blocks(clips: Sequence[Clip], config: StaticConfig, *, limit: int | None) -> list[FrameBlock]:
    """Cut the first `limit` frames into blocks of `FRAMES_PER_BLOCK`; no block holds frames of two clips."""
    blocks: list[FrameBlock] = []
    num_left = sum(len(clip.frames) for clip in clips) if limit is None else limit
    for clip in clips:
        frames = clip.frames[:num_left]
        num_left -= len(frames)
        thinned = clip.thinned(config.max_plate_frames)
        for start in range(0, len(frames), FRAMES_PER_BLOCK):
            before = frames[start - 1] if start else None
            own = frames[start : start + FRAMES_PER_BLOCK]
            blocks.append(FrameBlock(len(blocks), thinned, own, before, config))
    return blocks
