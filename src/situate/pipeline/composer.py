"""`Composer`: the object that most people hold. Pictures of any kind in, composites out."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from situate.errors import InputError
from situate.geometry.boxes import xywh_px_to_cxcywh
from situate.geometry.canvas import Letterbox
from situate.imageio.convert import as_picture
from situate.imageio.foreground import check_background, prepare_foreground
from situate.nn.candidates import MIN_FRACTION_INSIDE
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import DEFAULT_STEPS, ComposePipeline, foreground_u8
from situate.pipeline.device import device_named
from situate.pipeline.load import fingerprint_of, load_pipeline, shipped_model
from situate.records.picture import Picture
from situate.records.placement import Composite, Placement

BoxXywhPx = tuple[float, float, float, float]


class Composer:
    """Puts objects into pictures where they belong.

    >>> composer = Composer.from_pretrained()
    >>> composites = composer("street.jpg", "cone.png")   # doctest: +SKIP
    """

    def __init__(self, pipeline: ComposePipeline, model_fingerprint: str) -> None:
        """Wrap a loaded pipeline; most callers want `from_pretrained`."""
        self.pipeline = pipeline
        self.model_fingerprint = model_fingerprint

    @classmethod
    def from_pretrained(cls, folder: Path | str | None = None, *, device: str = "auto") -> "Composer":
        """Load a model folder, by default the weights that ship with the package.

        Raises:
            ModelFileError: If the folder is no model of situate's, or is damaged.
            InputError: If the device is not there.
        """
        path = shipped_model() if folder is None else Path(folder)
        return cls(load_pipeline(path, device=device_named(device)), fingerprint_of(path))

    def __call__(
        self,
        background: Any,
        foreground: Any,
        *,
        top_k: int = 1,
        box_xywh_px: BoxXywhPx | None = None,
        seed: int = 0,
        num_steps: int = DEFAULT_STEPS,
    ) -> list[Composite]:
        """Compose (method steps C1 to C4).

        Args:
            background: Path, PIL picture, `h w 3` uint8 or uint16 array, or `Picture`.
            foreground: The same with transparency; it is trimmed to alpha > 0.05 and never stretched.
            top_k: How many places to use; one composite each.
            box_xywh_px: A place given by hand (left, top, width, height in background pixels): the cut-out is fitted
                into it, bottom-centre, and the placement head is skipped.
            seed: Of the noise template; the same call gives the same bytes.
            num_steps: Steps of the synthesis.

        Returns:
            Composites, best first; fewer than `top_k` if there are no more distinct places.

        Raises:
            InputError: If a picture, the box or an option cannot be used (`ImageError`, `AlphaError`,
                `PlacementError` are kinds of it).
        """
        self.check(top_k=top_k, box_xywh_px=box_xywh_px, seed=seed, num_steps=num_steps)
        scene, cutout = _prepared(background, foreground)
        prediction, placements = self._placements(scene, cutout, top_k, box_xywh_px)
        return self.pipeline(
            scene,
            cutout,
            placements,
            prediction,
            seed=seed,
            num_steps=num_steps,
            model_fingerprint=self.model_fingerprint,
        )

    def place(self, background: Any, foreground: Any, *, top_k: int = 5) -> list[Placement]:
        """Rank places without composing; arguments and errors as for composing."""
        return self.place_with_heatmap(background, foreground, top_k=top_k)[0]

    def place_with_heatmap(
        self, background: Any, foreground: Any, *, top_k: int = 5
    ) -> tuple[list[Placement], Float[np.ndarray, "h w"]]:
        """Rank places, and return each pixel's share of the anchor's probability (sums to 1)."""
        _check_options(top_k, DEFAULT_STEPS, 0)
        scene, cutout = _prepared(background, foreground)
        prediction, placements = self._placements(scene, cutout, top_k, None)
        return placements, heatmap_in_picture(prediction, (scene.width_px, scene.height_px))

    def check(
        self, *, top_k: int = 1, box_xywh_px: BoxXywhPx | None = None, seed: int = 0, num_steps: int = DEFAULT_STEPS
    ) -> None:
        """Find out before any work whether composing takes these options.

        A `literal` model is not told a place: several places would give one and the same picture.

        Raises:
            InputError: If it does not.
        """
        _check_options(top_k, num_steps, seed)
        if self.pipeline.conditioning == "pasted" or (top_k == 1 and box_xywh_px is None):
            return
        asked = f"top_k is {top_k}" if box_xywh_px is None else "a box is given"
        raise InputError(
            f"{asked}, but this model is `literal`: it finds the object's place itself and cannot be told one; "
            "ask for one composite without a box, or use a `pasted` model such as tiny, which ships with situate"
        )

    def _placements(
        self, scene: Picture, cutout: Picture, top_k: int, box_xywh_px: BoxXywhPx | None
    ) -> tuple[PlacementPrediction, list[Placement]]:
        inputs, prediction = self.pipeline.predict(scene.rgb_u8, foreground_u8(cutout))
        if box_xywh_px is not None:
            return prediction, [_fitted(box_xywh_px, scene, cutout)]
        return prediction, self.pipeline.place(inputs, prediction, Letterbox(scene.width_px, scene.height_px), top_k)


def heatmap_in_picture(prediction: PlacementPrediction, resolution_wh: tuple[int, int]) -> Float[np.ndarray, "h w"]:
    """Resample the first picture's cell probabilities from the canvas to the picture; sums to 1."""
    letterbox = Letterbox(*resolution_wh)
    width_px, height_px = resolution_wh
    left, top, right, bottom = letterbox.content_xyxy
    x = left + (torch.arange(width_px) + 0.5) / width_px * (right - left)
    y = top + (torch.arange(height_px) + 0.5) / height_px * (bottom - top)
    cells = prediction.distribution.heatmap[:1, None].float().cpu()
    # Cells of the padding are 0; mixing them in would dim the picture's edge.
    is_picture = prediction.distribution.cell_log_prob[0].cpu().isfinite()
    x, y = _between_centres(x, is_picture.any(0)), _between_centres(y, is_picture.any(1))
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None] * 2 - 1
    resampled = torch.nn.functional.grid_sample(
        cells, places, mode="bilinear", padding_mode="border", align_corners=False
    )
    heatmap = resampled[0, 0].numpy()
    return heatmap / heatmap.sum()


def _between_centres(place: Float[Tensor, " n"], is_picture: Bool[Tensor, " cells"]) -> Float[Tensor, " n"]:
    """Move places (fractions of the canvas) between the centres of the first and the last cell that hold picture."""
    cells = is_picture.nonzero().flatten()
    first, last = (int(cells[end]) for end in (0, -1))
    return place.clamp((first + 0.5) / len(is_picture), (last + 0.5) / len(is_picture))


def _prepared(background: Any, foreground: Any) -> tuple[Picture, Picture]:
    scene = check_background(as_picture(background))
    return scene, prepare_foreground(as_picture(foreground))


def _check_options(top_k: int, num_steps: int, seed: int) -> None:
    problems = [
        f"{name} is {value}; it must be at least {least}"
        for name, value, least in (("top_k", top_k, 1), ("steps", num_steps, 1), ("seed", seed, 0))
        if value < least
    ]
    if problems:
        raise InputError("; ".join(problems))


def _fitted(box_xywh_px: BoxXywhPx, scene: Picture, cutout: Picture) -> Placement:
    """Fit the cut-out into a box, bottom-centre, without stretching it."""
    left, top, width, height = box_xywh_px
    # Asked this way round, a box that is not a number is refused too.
    if not (width > 0 and height > 0):
        raise InputError(f"box {left:g},{top:g},{width:g},{height:g} is empty; width and height must be above 0")
    _check_inside("box", box_xywh_px, scene)
    scale = min(width / cutout.width_px, height / cutout.height_px)
    fitted_width, fitted_height = cutout.width_px * scale, cutout.height_px * scale
    fitted = (left + (width - fitted_width) / 2, top + height - fitted_height, fitted_width, fitted_height)
    _check_inside("the cut-out, fitted bottom-centre into the box,", fitted, scene)
    return Placement(xywh_px_to_cxcywh(fitted, (scene.width_px, scene.height_px)))


def _check_inside(what: str, box_xywh_px: BoxXywhPx, scene: Picture) -> None:
    left, top, width, height = box_xywh_px
    inside = _overlap(left, width, scene.width_px) * _overlap(top, height, scene.height_px) / (width * height)
    if not inside >= MIN_FRACTION_INSIDE:
        raise InputError(
            f"{what} {left:g},{top:g},{width:g},{height:g} lies {inside:.0%} inside the background of "
            f"{scene.width_px} x {scene.height_px} pixels; at least {MIN_FRACTION_INSIDE:.0%} is needed; "
            "the box is left,top,width,height in pixels"
        )


def _overlap(start: float, length: float, limit: int) -> float:
    return max(0.0, min(start + length, limit) - max(start, 0.0))
