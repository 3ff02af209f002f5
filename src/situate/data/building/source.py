"""What a builder knows of its data: blocks of pictures, how one is planned, and how its triples are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from situate.data.building.report import BuildReport


@runtime_checkable
class Block(Protocol):
    """A unit of work: one shard."""

    @property
    def number(self) -> int:
        """Counts from 0; the number of the block's shard."""
        ...

    @property
    def num_pictures(self) -> int:
        """How many pictures are worked on, for the progress bar."""
        ...


AnyBlock = TypeVar("AnyBlock", bound=Block)
Plan = Mapping[str, Any]
"""Plain values that JSON holds; `report` is what will be made of the block, as `BuildReport.to_json` gives it."""


@dataclass(frozen=True)
class BuildSource(Generic[AnyBlock]):
    """Everything that `build` needs. What goes to workers must be picklable.

    Attributes:
        name: The triples' source.
        identity: What must be the same for a run to be resumed: `config` (with its `seed`), fingerprints.
        blocks: The work, in order.
        plan_block: Applies the rules to one block.
        maker: Given the plans of all blocks, returns what makes the triples of a block, given its plan, and writes its
            shard.
        origin: What the user passed, for messages.
        notes: What of it is not used at all, by what it is.
    """

    name: str
    identity: Mapping[str, Any]
    blocks: Sequence[AnyBlock]
    plan_block: Callable[[AnyBlock], Plan]
    maker: Callable[[Sequence[Plan]], Callable[[AnyBlock, Plan], BuildReport]]
    origin: str
    notes: Mapping[str, int] = field(default_factory=dict)
