"""How far a composite comes that knows its light or its shadow, but not the object's shape: limits of relighting."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cyclopts import run
from jaxtyping import Float, UInt8
from peers.report import as_markdown

from situate.data.loader import TripleUnion
from situate.data.sample import composing_window, validation_sample
from situate.data.starter import STARTER, StarterPart, data_folder
from situate.errors import InputError
from situate.evaluation.intervals import mean_of
from situate.evaluation.metrics import psnr_db
from situate.evaluation.tables import with_interval
from situate.geometry.frames import synthesis_input
from situate.geometry.paste import paste
from situate.pages.table import Table
from situate.pipeline.assemble import assembled
from situate.recipes import small
from situate.records.picture import Picture
from situate.records.placement import Placement
from situate.records.triple import Triple

SOLID_U8 = 250
MIN_SOLID_PX = 20
DARK = 3.0
"""Added to means before their ratio is taken: of black no brightness can be told."""
RIDGE = 3.0
CUT_SHARE = 0.05
"""Of an effect that is not in the window: from here on one would see where it ends."""
PASTE = "copy-paste"
SAMPLE = small().sample


@dataclass(frozen=True)
class Case:
    """A triple with its paste, and by how much the pasted object's colours must be scaled."""

    triple: Triple
    pasted: UInt8[np.ndarray, "h w 3"]
    log_gain: Float[np.ndarray, " 3"]


def main(*, training: Path = STARTER, test: Path = STARTER, num_test: int | None = None) -> None:
    """Print PSNR in the true effect of composites that are right in one thing, and of the plain paste.

    Args:
        training: Rendered triples on which the gain is fitted to the known light.
        test: Rendered triples that are judged.
        num_test: At most so many of them.
    """
    known, judged = cases_of(training, "train"), cases_of(test, "test")[:num_test]
    light_to_gain = fitted_gain(known)
    groups = [case.triple.group for case in judged]
    rows = [psnr_of_each(case, light_to_gain) for case in judged]
    lines = []
    for name in rows[0]:
        own = mean_of([row[name] for row in rows], groups).as_dict()
        above = mean_of([row[name] - row[PASTE] for row in rows], groups).as_dict()
        lines.append((name, with_interval(own), with_interval(above)))
    header = ("composite", "PSNR in the true effect (dB)", "above copy-paste (dB)")
    print(as_markdown(Table(f"{len(judged)} triples of {test}", header, tuple(lines))))
    outside = [share_outside_window(case.triple) for case in judged]
    share, cut = 100 * np.mean(outside), 100 * np.mean(np.array(outside) > CUT_SHARE)
    print(f"\noutside the window: {share:.1f} % of true effects; over {CUT_SHARE:.0%} in {cut:.1f} % of the triples")


def cases_of(folder: Path, part: StarterPart) -> list[Case]:
    """Open a data set; triples whose object shows too little to measure its colours are left out.

    Raises:
        InputError: If no triple is left, or one does not know its light.
    """
    triples = TripleUnion([data_folder(folder, part)])
    cases = []
    for number in range(len(triples)):
        triple = triples[number]
        if triple.light is None:
            raise InputError(f"triple {triple.key} of {folder} does not know its light; pass rendered scenes")
        if (triple.visible_alpha >= SOLID_U8).sum() >= MIN_SOLID_PX:
            pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
            cases.append(Case(triple, pasted, own_log_gain(triple, pasted)))
    if not cases:
        raise InputError(f"no object of {folder} shows at least {MIN_SOLID_PX} solid pixels; pass other scenes")
    return cases


def own_log_gain(triple: Triple, pasted: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, " 3"]:
    """The log gain of each colour that makes a pasted object as bright as the true one, where it is solid."""
    is_solid = triple.visible_alpha >= SOLID_U8
    true, shown = (picture[is_solid].mean(0) + DARK for picture in (triple.composite, pasted))
    return np.log(true / shown)


@dataclass(frozen=True)
class LightToGain:
    """Linear in the logs of the grey cards' brightness."""

    weights: Float[np.ndarray, "30 3"]
    mean_light: Float[np.ndarray, " 30"]
    mean_gain: Float[np.ndarray, " 3"]

    def __call__(self, case: Case) -> Float[np.ndarray, " 3"]:
        """The log gain of each colour that a triple's known light tells."""
        return (_light(case) - self.mean_light) @ self.weights + self.mean_gain


def fitted_gain(cases: list[Case]) -> LightToGain:
    """Fit by ridge regression."""
    lights, gains = np.stack([_light(case) for case in cases]), np.stack([case.log_gain for case in cases])
    mean_light, mean_gain = lights.mean(0), gains.mean(0)
    centred = lights - mean_light
    square = centred.T @ centred + RIDGE * np.eye(centred.shape[1])
    return LightToGain(np.linalg.solve(square, centred.T @ (gains - mean_gain)), mean_light, mean_gain)


def psnr_of_each(case: Case, light_to_gain: LightToGain) -> Mapping[str, float]:
    """PSNR of every composite in the true effect."""
    triple, pasted = case.triple, case.pasted
    is_object = (triple.visible_alpha > 0)[..., None]
    known, own = (_scaled(pasted, gain) for gain in (light_to_gain(case), case.log_gain))
    composites = {
        PASTE: pasted,
        "true shadow, pasted object": np.where(is_object, pasted, triple.composite),
        "true shadow, object scaled as the known light tells": np.where(is_object, known, triple.composite),
        "true shadow, object scaled by its own best gain": np.where(is_object, own, triple.composite),
        "no shadow, object scaled by its own best gain": np.where(is_object, own, pasted),
        "no shadow, true object": np.where(is_object, triple.composite, pasted),
        "what is composed when the network makes the true window": lifted_truth(triple),
    }
    region = triple.effect > 0
    return {name: psnr_db(composite, triple.composite, region) for name, composite in composites.items()}


def lifted_truth(triple: Triple) -> UInt8[np.ndarray, "h w 3"]:
    """Put the render's own window in the place of what the network makes of it."""
    image = validation_sample(triple, SAMPLE).image[0].permute(1, 2, 0).numpy()
    window, size = composing_window(triple, SAMPLE), SAMPLE.window_size
    background, foreground, placement = triple.background, triple.foreground, Placement(triple.box_cxcywh)
    inputs = synthesis_input(background, foreground, triple.box_cxcywh, window, size, "pasted")
    pictures = Picture(background), Picture(foreground)
    return assembled(*pictures, placement, window, image, inputs, 0, "", "pasted").picture.rgb_u8


def share_outside_window(triple: Triple) -> float:
    """Share of the true effect's pixels that composing cannot reach: they are not in its window."""
    height_px, width_px = triple.effect.shape
    window = composing_window(triple, SAMPLE)
    rows, columns = window.inner_slices((width_px, height_px))
    is_reached = np.zeros(triple.effect.shape, bool)
    is_reached[rows, columns] = True
    return float((~is_reached)[triple.effect > 0].mean())


def _light(case: Case) -> Float[np.ndarray, " 30"]:
    assert case.triple.light is not None
    return case.triple.light.reshape(-1).astype(np.float64)


def _scaled(pixels: UInt8[np.ndarray, "h w 3"], log_gain: Float[np.ndarray, " 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.clip(np.round(pixels * np.exp(log_gain)), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    run(main)
