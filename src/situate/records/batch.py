"""What a network sees: float32 CHW tensors in [-1, 1]; fractions for geometry."""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor


class _Movable:
    """A record of tensors (and of such records) that can go to a device as a whole."""

    def to(self, device: torch.device | str) -> "_Movable":
        """Return the record with every tensor on `device`."""
        moved = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return replace(self, **{name: value.to(device) for name, value in moved.items()})  # type: ignore[type-var]

    def part(self: "Record", index: Int[Tensor, " n"]) -> "Record":
        """Return some of the samples of a record of tensors."""
        chosen = {field.name: getattr(self, field.name)[index] for field in fields(self)}  # type: ignore[arg-type]
        return replace(self, **chosen)  # type: ignore[type-var]


@dataclass(frozen=True)
class PlacementInput(_Movable):
    """What the placement network gets.

    Attributes:
        background: Scene, letter-boxed into a square canvas, [-1, 1]; padding is 0.
        content_xyxy: The part of the canvas that is picture, not padding; fractions.
        foreground: Object on its own square canvas, premultiplied, [-1, 1]; 0 where there is no object.
        alpha: How much of the object shows, [0, 1].
        log_aspect: log(width / height) of the trimmed cut-out, in pixels.
    """

    background: Float[Tensor, "b 3 h w"]
    content_xyxy: Float[Tensor, "b 4"]
    foreground: Float[Tensor, "b 3 fh fw"]
    alpha: Float[Tensor, "b 1 fh fw"]
    log_aspect: Float[Tensor, " b"]


@dataclass(frozen=True)
class SynthesisInput(_Movable):
    """What the synthesis network gets beside the noised target and the fused tokens.

    Attributes:
        background: Scene inside the window, [-1, 1].
        pasted: The foreground over the window's background, [-1, 1]. For `literal` models: the foreground on the
            whole window, placed nowhere.
        pasted_alpha: Alpha of the foreground in the same frame, [0, 1].
        window_cxcywh: The window as fractions of the placement canvas.
    """

    background: Float[Tensor, "b 3 h w"]
    pasted: Float[Tensor, "b 3 h w"]
    pasted_alpha: Float[Tensor, "b 1 h w"]
    window_cxcywh: Float[Tensor, "b 4"]


@dataclass(frozen=True)
class Batch(_Movable):
    """Training samples, stacked.

    Attributes:
        placement: Input of the placement network.
        synthesis: Input of the synthesis network.
        positions: Truth: x and y of the bottom-centre anchor as fractions of the canvas, log of height over canvas
            side; more than one where the source knows where else the object could stand, otherwise the same again.
        image: Truth inside the window: RGB of the composite, visible alpha, effect; all in [-1, 1].
        image_weight: How much each value of `image` may teach, >= 0; 0 where the source knows nothing.
        has_composite: 1 where there is a composite to learn from, else 0.
        light: Truth: brightness of grey cards in the scene's light and in the foreground's (see `Triple.light`).
        light_weight: 1 where the source knows the light, else 0.
        without_decoys: The placement network's background without decoys; the same where there are none.
        has_decoys: 1 where the two differ, else 0.
    """

    placement: PlacementInput
    synthesis: SynthesisInput
    positions: Float[Tensor, "b k 3"]
    image: Float[Tensor, "b 5 h w"]
    image_weight: Float[Tensor, "b 5 h w"]
    has_composite: Float[Tensor, " b"]
    light: Float[Tensor, "b 2 5 3"]
    light_weight: Float[Tensor, " b"]
    without_decoys: Float[Tensor, "b 3 bh bw"]
    has_decoys: Float[Tensor, " b"]

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.positions)


Record = TypeVar("Record", bound=_Movable)


def collate(records: list[Record]) -> Record:
    """Join records (of one sample each, usually) along the first axis."""
    first: Any = records[0]
    columns = {field.name: [getattr(record, field.name) for record in records] for field in fields(first)}
    return replace(
        first,
        **{
            name: torch.cat(column) if isinstance(column[0], Tensor) else collate(column)
            for name, column in columns.items()
        },
    )
