"""What a data set of rendered scenes is made from; the same config gives the same bytes."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from situate.data.options import DataOptions
from situate.data.writer import Encoding

WorldChoice = Literal["primitives", "street", "yard", "room", "mixed"]


class SceneConfig(DataOptions):
    """Options of `situate data scenes`.

    Attributes:
        num_triples: How many triples to make.
        size_px: Longer side of the pictures.
        seed: Of everything that is drawn.
        triples_per_scene: At most so many objects of one scene become triples; they share the full render.
        num_samples: Light paths per pixel, a square number.
        triples_per_block: How many triples make one shard, the unit of resuming.
        world: What is rendered; `mixed` draws street, yard or room for every scene.
        models: Which models of the catalogue may be objects: all, or those kept for training or for testing.
        encoding: How pictures are stored; `webp` takes less space; its backgrounds are lossy.
        assets: Folder of the catalogue; it is not written into the data set, whose bytes follow from the models alone.
    """

    num_triples: int = Field(default=1500, ge=1)
    size_px: int = Field(default=128, ge=32, le=2048)
    seed: int = Field(default=0, ge=0)
    triples_per_scene: int = Field(default=3, ge=1, le=6)
    num_samples: int = Field(default=36, ge=4)
    triples_per_block: int = Field(default=48, ge=1, le=999)
    world: WorldChoice = "primitives"
    models: Literal["all", "train", "test"] = "all"
    encoding: Encoding = "png"
    assets: Path | None = Field(default=None, exclude=True)

    @field_validator("num_samples")
    @classmethod
    def _is_square(cls, value: int) -> int:
        if round(value**0.5) ** 2 != value:
            raise ValueError(f"{value} is not a square number; use 16, 25 or 36")
        return value

    @model_validator(mode="after")
    def _has_assets(self) -> "SceneConfig":
        if self.world != "primitives" and self.assets is None:
            raise ValueError(f"the world {self.world!r} needs models; pass --assets DIR (see: situate data assets)")
        return self

    @property
    def num_blocks(self) -> int:
        """Shards of the data set, one per block of triples."""
        return -(-self.num_triples // self.triples_per_block)

    def block_size(self, block: int) -> int:
        """Triples in a block; only the last may be smaller."""
        return min(self.triples_per_block, self.num_triples - block * self.triples_per_block)
