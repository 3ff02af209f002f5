"""`Composer`: the object that most people hold. Pictures of any kind in, composites out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from situate.errors import InputError
from situate.geometry.canvas import Letterbox
from situate.geometry.correction import Match
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import DEFAULT_STEPS, ComposePipeline, foreground_u8
from situate.pipeline.device import device_named
from situate.pipeline.inputs import BoxXywhPx, apart_from, cutout_from, cutouts_from, fitted_placement, scene_from
from situate.pipeline.load import fingerprint_of, load_pipeline, shipped_model
from situate.pipeline.options import Synthesis, check_literal, check_options
from situate.pipeline.places import RankedPlaces
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import Composite, Placement
from situate.seeds import seed_for


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
        self._check(top_k, box_xywh_px, constraints, synthesis)
        scene, cutout = scene_from(background), cutout_from(foreground)
        if box_xywh_px is None:
            places, prediction = self._ranked(scene, cutout, top_k, constraints)
            placements = places.placements
        else:
            placements, prediction = self._by_hand(scene, cutout, fitted_placement(box_xywh_px, scene, cutout))
        return self._composed(scene, cutout, placements, prediction, synthesis)

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
            num_steps: Steps of the synthesis.
            strength: As for composing one.
            match: As for composing one.

        Raises:
            InputError: As for composing one, or if there are no foregrounds.
        """
        synthesis = Synthesis(seed, num_steps, strength, match)
        self._check(1, None, constraints, synthesis)
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

    def check(
        self,
        *,
        top_k: int = 1,
        box_xywh_px: BoxXywhPx | None = None,
        constraints: PlacementConstraints | None = None,
        seed: int = 0,
        num_steps: int = DEFAULT_STEPS,
        strength: float = 1.0,
        match: Match = "all",
    ) -> None:
        """Find out before any work whether composing takes these options.

        Raises:
            InputError: If it does not.
        """
        self._check(top_k, box_xywh_px, constraints, Synthesis(seed, num_steps, strength, match))

    def _check(
        self,
        top_k: int,
        box_xywh_px: BoxXywhPx | None,
        constraints: PlacementConstraints | None,
        synthesis: Synthesis,
    ) -> None:
        check_options(top_k, synthesis)
        if box_xywh_px is not None and constraints is not None and not constraints.is_default:
            raise InputError("a box says where the object goes, constraints say where it may; pass one of them")
        if self.pipeline.conditioning == "literal":
            check_literal(top_k, box_xywh_px, constraints, synthesis)

    def _ranked(
        self, scene: Picture, cutout: Picture, top_k: int, constraints: PlacementConstraints | None
    ) -> tuple[RankedPlaces, PlacementPrediction]:
        pixels = foreground_u8(cutout)
        inputs, prediction = self.pipeline.predict(scene.rgb_u8, pixels)
        lattice = self.pipeline.lattice(inputs, prediction, Letterbox(scene.width_px, scene.height_px), constraints)
        return RankedPlaces(scene, pixels, self.pipeline.ranked(lattice, top_k), lattice), prediction

    def _by_hand(
        self, scene: Picture, cutout: Picture, placement: Placement
    ) -> tuple[list[Placement], PlacementPrediction]:
        inputs, prediction = self.pipeline.predict(scene.rgb_u8, foreground_u8(cutout))
        if self.pipeline.score_map is None:
            return [placement], prediction
        letterbox = Letterbox(scene.width_px, scene.height_px)
        lattice = self.pipeline.lattice(inputs, prediction, letterbox, PlacementConstraints(min_inside=0.0))
        score = self.pipeline.score(lattice, letterbox.box_to_canvas(placement.box_cxcywh))
        return [replace(placement, score=score)], prediction

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
        best = places.placements[:1]
        one = replace(synthesis, seed=noise_seed)
        (made,) = self._composed(places.background, cutout, best, prediction, one)
        return replace(made if earlier is None else made.after(earlier), seed=synthesis.seed)

    def _composed(
        self,
        scene: Picture,
        cutout: Picture,
        placements: Sequence[Placement],
        prediction: PlacementPrediction,
        synthesis: Synthesis,
    ) -> list[Composite]:
        return self.pipeline(
            *(scene, cutout, placements, prediction),
            seed=synthesis.seed,
            num_steps=synthesis.num_steps,
            model_fingerprint=self.model_fingerprint,
            correction=synthesis.correction,
        )
