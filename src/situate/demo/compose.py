"""The pictures of the report: held-out scenes and photographs, placed automatically."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from situate.evaluation.metrics import box_iou
from situate.geometry.heatmap import overlay
from situate.geometry.paste import paste
from situate.imageio.foreground import prepare_foreground
from situate.imageio.read import read_picture
from situate.pipeline.composer import Composer
from situate.pipeline.place_sheet import with_box
from situate.records.placement import Composite
from situate.records.triple import Triple


@dataclass(frozen=True)
class SceneRow:
    """One held-out scene.

    Attributes:
        triple: With the truth.
        heatmap: The background under the density of the model just trained.
        trained: Composite of the model just trained, at its first place.
        shipped: Composite of the shipped model at its own first place; None if none ships.
        pasted: The cut-out laid over at the place of `trained`.
    """

    triple: Triple
    heatmap: UInt8[np.ndarray, "h w 3"]
    trained: Composite
    shipped: Composite | None
    pasted: UInt8[np.ndarray, "h w 3"]

    def as_dict(self) -> dict[str, Any]:
        """What there is to say about it in numbers."""
        shipped = None if self.shipped is None else _described(self.shipped, self.triple)
        return {
            "key": self.triple.key,
            "kind": self.triple.kind,
            "trained": _described(self.trained, self.triple),
            "shipped": shipped,
        }


@dataclass(frozen=True)
class PhotoRow:
    """One photograph with an object that was never in it."""

    name: str
    foreground_name: str
    foreground: UInt8[np.ndarray, "fh fw 4"]
    background: UInt8[np.ndarray, "h w 3"]
    heatmap: UInt8[np.ndarray, "h w 3"]
    composite: Composite
    pasted: UInt8[np.ndarray, "h w 3"]

    def as_dict(self) -> dict[str, Any]:
        """What there is to say about it in numbers."""
        probability = self.composite.placement.probability
        box = [round(value, 1) for value in self.composite.box_xywh_px]
        return {
            "background": self.name,
            "foreground": self.foreground_name,
            "box_xywh_px": box,
            "probability": probability,
        }


def scene_row(triple: Triple, trained: Composer, shipped: Composer | None, seed: int) -> SceneRow:
    """Compose one held-out scene with both models."""
    foreground = _with_margin(triple.foreground)
    places = trained.place(triple.background, foreground, top_k=1)
    (composite,) = trained(triple.background, foreground, seed=seed)
    others = [] if shipped is None else shipped(triple.background, foreground, seed=seed)
    return SceneRow(
        triple=triple,
        heatmap=with_box(overlay(triple.background, places.heatmap), composite.placement),
        trained=composite,
        shipped=others[0] if others else None,
        pasted=paste(triple.background, triple.foreground, composite.placement.box_cxcywh),
    )


def one_of_each_scene(triples: Sequence[Triple], count: int) -> list[Triple]:
    """One triple of each of the first `count` scenes, in turn its first, second and so on: nobody chose them."""
    groups: dict[str, list[Triple]] = {}
    for triple in triples:
        groups.setdefault(triple.group, []).append(triple)
    return [group[number % len(group)] for number, group in enumerate(groups.values())][:count]


@dataclass(frozen=True)
class NamedForeground:
    """A cut-out and where it comes from."""

    name: str
    pixels: UInt8[np.ndarray, "fh fw 4"]


def example_foregrounds(triples: Sequence[Triple]) -> list[NamedForeground]:
    """The cut-outs that ship with the package; without any, the largest held-out one of each kind."""
    folder = _examples() / "foregrounds"
    files = sorted(folder.glob("*.png")) if folder.is_dir() else []
    if files:
        return [NamedForeground(file.stem, prepare_foreground(read_picture(file)).pixels) for file in files]
    largest: dict[str, Triple] = {}
    for triple in sorted(triples, key=lambda triple: triple.foreground.shape[0] * triple.foreground.shape[1]):
        largest[triple.kind] = triple
    return [NamedForeground(f"rendered {kind}", largest[kind].foreground) for kind in sorted(largest)]


def example_backgrounds() -> list[Path]:
    """The photographs that ship with the package."""
    return sorted((_examples() / "backgrounds").glob("*.jpg"))


def photo_row(background: Path, foreground: NamedForeground, composer: Composer, seed: int) -> PhotoRow:
    """Compose one photograph."""
    scene = read_picture(background)
    pixels = _with_margin(foreground.pixels)
    places = composer.place(scene, pixels, top_k=1)
    (composite,) = composer(scene, pixels, seed=seed)
    return PhotoRow(
        name=background.stem,
        foreground_name=foreground.name,
        foreground=foreground.pixels,
        background=scene.rgb_u8,
        heatmap=with_box(overlay(scene.rgb_u8, places.heatmap), composite.placement),
        composite=composite,
        pasted=paste(scene.rgb_u8, foreground.pixels, composite.placement.box_cxcywh),
    )


def _with_margin(foreground: UInt8[np.ndarray, "fh fw 4"]) -> UInt8[np.ndarray, "_ _ 4"]:
    """One transparent pixel all round: a trimmed box-shaped object would look like a picture nobody cut out."""
    return np.pad(foreground, ((1, 1), (1, 1), (0, 0)))


def _examples() -> Path:
    return Path(str(resources.files("situate"))) / "examples"


def _described(composite: Composite, triple: Triple) -> dict[str, Any]:
    return {
        "box_xywh_px": [round(value, 1) for value in composite.box_xywh_px],
        "probability": composite.placement.probability,
        "iou_with_true_box": round(box_iou(composite.placement.box_cxcywh, triple.box_cxcywh), 4),
    }
