"""The page of the suite `photos`: its tables, and some triples to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from situate.data.contact_sheet import on_checker
from situate.evaluation.data_set.strips_page import padded_to
from situate.evaluation.photos.bench import MODEL, Answers, PhotoBench
from situate.evaluation.photos.held_out import HeldOut
from situate.evaluation.photos.tables import NOTES, about, tables_of
from situate.evaluation.tables import with_interval
from situate.geometry.canvas import BoxCxcywh
from situate.geometry.heatmap import overlay
from situate.pages.page import heading, key_figures, page, paragraph, picture, picture_table, table_html
from situate.records.triple import Triple
from situate.seeds import seed_for

NUM_SHOWN = 40
CELL_PX = 360
TRUE_COLOUR, MODEL_COLOUR = (80, 255, 80), (60, 230, 255)
THICK_PX, THIN_PX = 3, 1


def photo_report(result: Mapping[str, Any], bench: PhotoBench, data: HeldOut) -> str:
    """Return the page; the triples that are shown are drawn by the seed."""
    shown = shown_triples(len(data.groups), bench.seed)
    rows = [_row(data.triples[number], bench.answers(data.triples[number], data.groups[number])) for number in shown]
    header = [
        "object",
        "as the model saw it",
        "composite, true place green",
        "heat map, five places, first thick",
    ]
    sections = [
        heading("Situate: where objects stood", 1),
        paragraph(about(result), is_soft=True),
        key_figures(_highlights(result["methods"][MODEL])),
        paragraph(NOTES),
        *(table_html(table) for table in tables_of(result)),
        heading(f"{len(rows)} triples, drawn by the seed"),
        picture_table(header, rows),
    ]
    return page("Situate: where objects stood", sections)


def shown_triples(num_triples: int, seed: int) -> list[int]:
    """Draw which triples are shown."""
    drawn = np.random.default_rng(seed_for(seed, "shown")).permutation(num_triples)[:NUM_SHOWN]
    return sorted(drawn.tolist())


def _highlights(model: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (with_interval(model["top_tenth"], 1, 100.0, " %"), "of true places in the top tenth of the heat map"),
        (with_interval(model["iou50_at_5"], 1, 100.0, " %"), "of objects met by half by one of five boxes"),
        (
            with_interval(model["cell_nats_gain_over_class_prior"], unit=" nats"),
            "above the class prior, log probability of the true cell",
        ),
    ]


def _row(triple: Triple, answers: Answers) -> list[str]:
    boxes = answers.proposals[MODEL].boxes_cxcywh
    height_px, width_px = triple.background.shape[:2]
    foreground = on_checker(padded_to(answers.foreground, height_px / width_px))
    return [
        _caption(triple, answers),
        picture(_fitted(foreground), is_lossless=False),
        picture(_with_boxes(_fitted(triple.composite), [triple.box_cxcywh], TRUE_COLOUR), is_lossless=False),
        picture(_with_boxes(_glowing(triple.background, answers.heatmap), boxes, MODEL_COLOUR), is_lossless=False),
    ]


def _caption(triple: Triple, answers: Answers) -> str:
    scores = answers.scores[MODEL]
    lines = [
        f"{triple.kind} {triple.key}",
        f"IoU {scores.iou_at_1:.2f}, best of five {scores.iou_at_5:.2f}",
        f"{'in' if scores.is_in_top_tenth else 'not in'} the top tenth",
    ]
    return "".join(paragraph(line, is_soft=number > 0) for number, line in enumerate(lines))


def _glowing(background: UInt8[np.ndarray, "h w 3"], heatmap: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "ph pw 3"]:
    shown = _fitted(background)
    return overlay(shown, cv2.resize(heatmap, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_AREA))


def _with_boxes(
    pixels: UInt8[np.ndarray, "h w 3"], boxes_cxcywh: Sequence[BoxCxcywh], colour: tuple[int, int, int]
) -> UInt8[np.ndarray, "h w 3"]:
    """Outline boxes, the first one thick and on top."""
    outlined = np.ascontiguousarray(pixels)
    height_px, width_px = pixels.shape[:2]
    for number, (cx, cy, w, h) in reversed(list(enumerate(boxes_cxcywh))):
        left, top = round((cx - w / 2) * width_px), round((cy - h / 2) * height_px)
        right, bottom = round((cx + w / 2) * width_px) - 1, round((cy + h / 2) * height_px) - 1
        outlined = cv2.rectangle(outlined, (left, top), (right, bottom), colour, THIN_PX if number else THICK_PX)
    return np.asarray(outlined)


def _fitted(pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "ph pw 3"]:
    """Reduce or enlarge a picture until its longest side is `CELL_PX`."""
    height, width = pixels.shape[:2]
    scale = CELL_PX / max(height, width)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
