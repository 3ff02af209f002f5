"""The benchmark's page: the tables, and the best, the median and the worst scenes to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.evaluation.benchmark.bench import MODEL, Bench, ScenePictures, SceneScores
from situate.evaluation.benchmark.diagram import reliability_diagram
from situate.evaluation.benchmark.tables import NOTES, tables_of
from situate.evaluation.page import heading, page, paragraph, picture, picture_table, table_html
from situate.geometry.heatmap import overlay

NUM_SHOWN = 3
SHOWN_BASELINE = "copy-paste"
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
        sections.append(_pictures([(scores[number], bench.show(number, method)) for number in numbers], method))
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


def _pictures(rows: Sequence[tuple[SceneScores, ScenePictures]], method: str) -> str:
    header = ["foreground", "truth", "where it could stand", "where the model expects it", "composite", "render there"]
    if method != MODEL:
        del header[3]
    return picture_table(header, [_row(scores, shown, method) for scores, shown in rows], is_pixelated=True)


def _row(scores: SceneScores, shown: ScenePictures, method: str) -> list[str]:
    triple, figures = shown.triple, scores.pictures[method]
    cells = [
        picture(on_checker(triple.foreground), f"{triple.key}, {triple.kind}"),
        picture(triple.composite),
        picture(overlay(triple.background, _enlarged(shown.truth, triple.background))),
    ]
    if shown.cell_prob is not None:
        cells.append(picture(overlay(triple.background, _enlarged(shown.cell_prob, triple.background))))
    verdict = "" if method not in scores.places else ", ".join(scores.places[method].reasons) or "plausible"
    cells.append(picture(shown.made.composite, f"{figures.psnr_db:.1f} dB {verdict}".strip()))
    cells.append("" if shown.reference is None else picture(shown.reference.composite))
    return cells


def _enlarged(cells: np.ndarray, background: np.ndarray) -> np.ndarray:
    height_px, width_px = background.shape[:2]
    return cv2.resize(cells, (width_px, height_px), interpolation=cv2.INTER_NEAREST)


def on_checker(foreground: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay a cut-out over a chess board, so that its transparency is seen."""
    rows, columns = np.indices(foreground.shape[:2]) // CHECKER_PX
    board = np.array(CHECKER_LEVELS)[(rows + columns) % 2][..., None]
    alpha = foreground[..., 3:] / 255
    return np.rint(foreground[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)
