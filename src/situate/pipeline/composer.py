"""`Composer`: the object that most people hold. Pictures of any kind in, composites out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from situate.errors import InputError
from situate.geometry.correction import Match
from situate.nn.placement import PlacementPrediction
from situate.pipeline.batch import Pair, composed_or_raised, predictions, ranked_places
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.device import device_named
from situate.pipeline.inputs import apart_from, cutout_from, cutouts_from, scene_from
from situate.pipeline.load import load_pipeline
from situate.pipeline.model_files import fingerprint_of, shipped_model
from situate.pipeline.options import BATCH_SIZE, DEFAULT_STEPS, Synthesis, check_composing, check_options
from situate.pipeline.places import RankedPlaces
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import BoxXywhPx, Composite
from situate.seeds import seed_for


class Composer:
    """Puts objects into pictures where they belong.

    >>> composer = Composer.from_pretrained()
    >>> composites = composer("street.jpg", "cone.png")   # doctest: +SKIP
    """

    def __init__(self, pipeline: ComposePipeline, model_fingerprint: str) -> None:
        """Wrap a loaded pipeline; most callers want `from_pretrained`."""
        self.pipeline, self.model_fingerprint = pipeline, model_fingerprint

    @classmethod
    def from_pretrained(
        cls, folder: Path | str | None = None, *, device: str = "auto", backend: str = "torch"
    ) -> "Composer":
        """Load a model folder, by default the weights that ship with the package.

        Args:
            folder: Of the model.
            device: `auto`, `cpu`, `cuda` or `mps`.
            backend: `torch`; or `openvino`, faster on processors, for a folder that `situate export` made.

        Raises:
            ModelFileError: If the folder is no model of situate's, is damaged, or holds nothing for the backend.
            MissingExtraError: If the backend is not installed.
            InputError: If the device is not there, or the backend unknown.
        """
        path = shipped_model() if folder is None else Path(folder)
        # OpenVINO knows processors only, whatever else is there.
        on = "cpu" if (device, backend) == ("auto", "openvino") else device
        return cls(load_pipeline(path, device=device_named(on), backend=backend), fingerprint_of(path))

    def __call__(
        self,
        background: Any,
        foreground: Any,
        *,
        top_k: int = 1,
        box_xywh_px: BoxXywhPx | None = None,
        constraints: PlacementConstraints | None = None,
        seed: int = 0,
        num_steps: int = DEFAULT_STEPS,
        strength: float = 1.0,
        match: Match = "all",
    ) -> list[Composite]:
        """Compose (method steps C1 to C4).

        Args:
            background: Path, PIL picture, `h w 3` uint8 or uint16 array, or `Picture`.
            foreground: The same with transparency; it is trimmed to alpha > 0.05 and never stretched.
            top_k: How many places to use; one composite each.
            box_xywh_px: A place given by hand (left, top, width, height in background pixels): the cut-out is fitted
                into it, bottom-centre; the placement network is asked for its score only.
            constraints: What is demanded of the places; not together with a box.
            seed: Of the noise template; the same call gives the same bytes.
            num_steps: Steps of the synthesis.
            strength: How much of what the model changes is taken: 0 is plain paste, 1 all of it.
            match: What of it: `all`, `light` (the object's colours), `shadow` (shadow and reflection) or `none`; what
                hides the object does so in any case.

        Returns:
            Composites, best first; fewer than `top_k` if there are no more distinct places.

        Raises:
            InputError: If a picture, the box or an option cannot be used (`ImageError`, `AlphaError`,
                `PlacementError` are kinds of it).
        """
        synthesis = Synthesis(seed, num_steps, strength, match)
        check_composing(self.pipeline.conditioning, synthesis, top_k, box_xywh_px, constraints)
        pair = Pair(scene_from(background), cutout_from(foreground), seed, box_xywh_px, constraints)
        return next(composed_or_raised(self.pipeline, iter([pair]), synthesis, top_k, self.model_fingerprint))

    def compose_batch(
        self,
        backgrounds: Sequence[Any],
        foregrounds: Sequence[Any],
        *,
        seeds: Sequence[int] | None = None,
        batch_size: int = BATCH_SIZE,
        top_k: int = 1,
        constraints: PlacementConstraints | None = None,
        num_steps: int = DEFAULT_STEPS,
        strength: float = 1.0,
        match: Match = "all",
    ) -> Iterator[list[Composite]]:
        """Compose many pairs, several at once through the networks, which takes less time for each.

        Args:
            backgrounds: Each as for composing one.
            foregrounds: As many.
            seeds: Of the noise, one for each pair; by default 0, 1, 2 and so on.
            batch_size: Pairs that are in memory, and go through the networks, together.
            top_k: This and the rest are as for composing one.
            constraints: Of every pair.
            num_steps: See there.
            strength: See there.
            match: See there.

        Yields:
            The composites of each pair, in order. They differ from those of composing one by one by rounding only.

        Raises:
            InputError: As for composing one, when the pair's turn comes; or if the lists are not equally long.
        """
        seeds = range(len(backgrounds)) if seeds is None else seeds
        if not len(backgrounds) == len(foregrounds) == len(seeds) or batch_size < 1:
            raise InputError(
                f"there are {len(backgrounds)} backgrounds, {len(foregrounds)} foregrounds and {len(seeds)} seeds in "
                f"batches of {batch_size}; pass as many of each, in batches of 1 or more"
            )
        for seed in seeds:
            synthesis = Synthesis(seed, num_steps, strength, match)
            check_composing(self.pipeline.conditioning, synthesis, top_k, constraints=constraints)
        pairs = (
            Pair(scene_from(background), cutout_from(foreground), seed, constraints=constraints)
            for background, foreground, seed in zip(backgrounds, foregrounds, seeds, strict=True)
        )
        how = Synthesis(num_steps=num_steps, strength=strength, match=match)
        return composed_or_raised(self.pipeline, pairs, how, top_k, self.model_fingerprint, batch_size)

    def compose_several(
        self,
        background: Any,
        foregrounds: Sequence[Any],
        *,
        constraints: PlacementConstraints | None = None,
        may_overlap: bool = False,
        seed: int = 0,
        num_steps: int = DEFAULT_STEPS,
        strength: float = 1.0,
        match: Match = "all",
    ) -> Composite:
        """Put several objects into one picture, one after another: each is placed in the last result.

        Args:
            background: As for composing one.
            foregrounds: As for composing one; at least one.
            constraints: What is demanded of every place.
            may_overlap: Whether a box may overlap those of earlier objects.
            seed: Of the noise templates; the first object's is that of composing it alone.
            num_steps: As for composing one.
            strength: As for composing one.
            match: As for composing one.

        Raises:
            InputError: As for composing one, or if there are no foregrounds.
        """
        synthesis = Synthesis(seed, num_steps, strength, match)
        check_composing(self.pipeline.conditioning, synthesis, constraints=constraints)
        scene, cutouts = scene_from(background), self._several(foregrounds)
        composite: Composite | None = None
        for number, cutout in enumerate(cutouts):
            demanded = constraints if may_overlap else apart_from(composite, constraints)
            places, prediction = self._ranked(scene, cutout, 1, demanded)
            composite = self._with_one_more(places, cutout, prediction, composite, number, synthesis)
            scene = composite.picture
        assert composite is not None
        return composite

    def place(
        self,
        background: Any,
        foreground: Any,
        *,
        top_k: int = 5,
        constraints: PlacementConstraints | None = None,
    ) -> RankedPlaces:
        """Rank places, and say how likely each pixel is the foot point, without composing.

        Arguments and errors as for composing.
        """
        check_options(top_k, Synthesis())
        return self._ranked(scene_from(background), cutout_from(foreground), top_k, constraints)[0]

    def place_several(
        self,
        background: Any,
        foregrounds: Sequence[Any],
        *,
        top_k: int = 5,
        constraints: PlacementConstraints | None = None,
        may_overlap: bool = False,
    ) -> list[RankedPlaces]:
        """Rank places for several objects, each once the earlier ones stand at their best places.

        Arguments and errors as for composing several.
        """
        check_options(top_k, Synthesis())
        scene, cutouts = scene_from(background), self._several(foregrounds)
        composite: Composite | None = None
        found: list[RankedPlaces] = []
        for number, cutout in enumerate(cutouts):
            demanded = constraints if may_overlap else apart_from(composite, constraints)
            places, prediction = self._ranked(scene, cutout, top_k, demanded)
            found.append(places)
            if number < len(cutouts) - 1:
                composite = self._with_one_more(places, cutout, prediction, composite, number, Synthesis())
                scene = composite.picture
        return found

    def _ranked(
        self, scene: Picture, cutout: Picture, top_k: int, constraints: PlacementConstraints | None
    ) -> tuple[RankedPlaces, PlacementPrediction]:
        pair = Pair(scene, cutout, constraints=constraints)
        ((inputs, prediction),) = predictions(self.pipeline, [pair])
        return ranked_places(self.pipeline, pair, inputs, prediction, top_k), prediction

    def _several(self, foregrounds: Sequence[Any]) -> list[Picture]:
        if len(foregrounds) > 1 and self.pipeline.conditioning != "pasted":
            raise InputError(
                f"there are {len(foregrounds)} foregrounds, but this model is `literal`: it cannot keep them "
                "apart; pass one, or use a `pasted` model such as small, which ships with situate"
            )
        return cutouts_from(foregrounds)

    def _with_one_more(
        self,
        places: RankedPlaces,
        cutout: Picture,
        prediction: PlacementPrediction,
        earlier: Composite | None,
        number: int,
        synthesis: Synthesis,
    ) -> Composite:
        """Compose one more object at its best place."""
        noise_seed = seed_for(synthesis.seed, "object", number) if number else synthesis.seed
        (made,) = self.pipeline(
            *(places.background, cutout, places.placements[:1], prediction),
            seed=noise_seed,
            num_steps=synthesis.num_steps,
            model_fingerprint=self.model_fingerprint,
            correction=synthesis.correction,
        )
        return replace(made if earlier is None else made.after(earlier), seed=synthesis.seed)
