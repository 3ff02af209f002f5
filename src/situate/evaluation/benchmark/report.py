"""The benchmark's page: the tables, and the best, the median and the worst scenes to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.evaluation.benchmark.bench import Bench, ScenePictures
from situate.evaluation.benchmark.diagram import reliability_diagram
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.model_under_test import MODEL
from situate.evaluation.benchmark.place_pictures import PlacePictures, name_at
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.tables import NOTES, tables_of
from situate.geometry.heatmap import overlay
from situate.pages.page import heading, page, paragraph, picture, picture_table, table_html

NUM_SHOWN = 3
SHOWN_BASELINE = "copy-paste"
EFFECT_RGB, VISIBLE_RGB = np.array([70, 130, 220]), np.array([250, 170, 60])
CHECKER_PX, CHECKER_LEVELS = 6, (200, 235)


def benchmark_report(bench: Bench, scores: Sequence[SceneScores], result: Mapping[str, Any]) -> str:
    """Return the page; pictures are shown if there are any, those of the model if there is one."""
    sections = [
        heading("Situate: benchmark on rendered scenes", 1),
        paragraph(_about(result), is_soft=True),
        paragraph(NOTES),
        *(table_html(table) for table in tables_of(result)),
    ]
    if bins := (result["score"] or {}).get("reliability"):
        sections.append(reliability_diagram(bins))
    method = MODEL if any(MODEL in one.pictures for one in scores) else SHOWN_BASELINE
    ranked = ranking(scores, method)
    for title, numbers in shown_scenes(ranked).items():
        sections.append(heading(f"{title}, by PSNR of {method}"))
        sections.append(_pictures([(scores[number], bench.show(number)) for number in numbers]))
    return page("Situate: benchmark", sections)


def ranking(scores: Sequence[SceneScores], method: str) -> list[int]:
    """Return the scenes in which a method made a picture, the best first."""
    with_picture = [number for number, one in enumerate(scores) if method in one.pictures]
    return sorted(with_picture, key=lambda number: -scores[number].pictures[method].psnr_db)


def shown_scenes(ranked: Sequence[int]) -> dict[str, list[int]]:
    """Choose the best, those in the middle, and the worst; no scene twice."""
    if not ranked:
        return {}
    num = min(NUM_SHOWN, -(-len(ranked) // 3))
    middle = max(num, (len(ranked) - num) // 2)
    parts = {
        "Best": ranked[:num],
        "Median": ranked[middle : middle + num],
        "Worst": ranked[max(middle + num, num) :][-num:],
    }
    return {title: list(numbers) for title, numbers in parts.items() if numbers}


def _about(result: Mapping[str, Any]) -> str:
    test_set = result["test_set"]
    published = {None: "", True: ", as published", False: ", which are NOT those that were published"}
    model = f"Model {result['model']} ({result['model_fingerprint']}). " if result.get("model") else ""
    return f"{model}{result['num_scenes']} scenes of {test_set['name']}{published[test_set['is_as_published']]}."


def _pictures(rows: Sequence[tuple[SceneScores, ScenePictures]]) -> str:
    masks_of = "effect (blue) and visible object (orange)"
    header = [
        "pair",
        "where it could stand",
        "composite",
        "render there",
        f"{masks_of}: composite",
        f"{masks_of}: render",
    ]
    return picture_table(header, [row for scores, shown in rows for row in _rows(scores, shown)], is_pixelated=True)


def _rows(scores: SceneScores, shown: ScenePictures) -> list[list[str]]:
    """Two rows for a scene: background and true place, foreground and the model's place."""
    triple, background = shown.triple, shown.triple.background
    pair = [
        picture(background, f"{triple.key}: background"),
        picture(on_checker(triple.foreground), triple.kind),
    ]
    maps = [picture(overlay(background, _enlarged(shown.truth, background)), "in truth"), ""]
    if shown.cell_prob is not None:
        maps[1] = picture(overlay(background, _enlarged(shown.cell_prob, background)), "by the model")
    made = [*(_place_cells(scores, place) for place in shown.places), []]
    return [[pair[number], maps[number], *made[number]] for number in range(2)]


def _place_cells(scores: SceneScores, place: PlacePictures) -> list[str]:
    """What the model (plain paste without one) made at a place, beside the render there, and the masks of both."""
    method = name_at(MODEL if place.model else SHOWN_BASELINE, place.place)
    made = next(iter(place.model.values()), place.baselines[SHOWN_BASELINE])
    truth = place.reference
    where = "at the true place" if place.place == "truth" else ", ".join(scores.places[MODEL].reasons) or "plausible"
    return [
        picture(made.composite, f"{method}: {scores.pictures[method].psnr_db:.1f} dB, {where}"),
        picture(truth.composite),
        picture(masks(made)),
        picture(masks(Made(truth.composite, truth.effect, truth.visible_alpha))),
    ]


def masks(made: Made) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the effect in one colour and what is seen of the object over it in another; black where neither is."""
    effect, visible = (mask[..., None] / 255 for mask in (made.effect, made.visible_alpha))
    return np.rint(visible * VISIBLE_RGB + (1 - visible) * effect * EFFECT_RGB).astype(np.uint8)


def _enlarged(cells: np.ndarray, background: np.ndarray) -> np.ndarray:
    height_px, width_px = background.shape[:2]
    return cv2.resize(cells, (width_px, height_px), interpolation=cv2.INTER_NEAREST)


def on_checker(foreground: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay a cut-out over a chess board, so that its transparency is seen."""
    rows, columns = np.indices(foreground.shape[:2]) // CHECKER_PX
    board = np.array(CHECKER_LEVELS)[(rows + columns) % 2][..., None]
    alpha = foreground[..., 3:] / 255
    return np.rint(foreground[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)
