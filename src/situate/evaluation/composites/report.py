"""The page of the suite `composites`: its tables, and composites of all methods to look at."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.data.contact_sheet import on_checker
from situate.evaluation.composites.bench import MODEL, PASTE, POISSON, TRUTH, UNTOUCHED, CompositeBench
from situate.evaluation.composites.subjects import Subject, Subjects
from situate.evaluation.composites.tables import NOTES, about, tables_of
from situate.evaluation.data_set.strips_page import padded_to
from situate.evaluation.tables import with_interval
from situate.geometry.window import Window, crop_resized, window_round
from situate.pages.page import heading, key_figures, page, paragraph, picture, picture_table, table_html
from situate.seeds import seed_for

NUM_SHOWN = 24
CELL_PX = 240
SIDE_IN_OBJECTS = 2.5
_SHOWN = {UNTOUCHED: "background", PASTE: "paste", POISSON: "Poisson", MODEL: "model", TRUTH: "truth"}


def composite_report(result: Mapping[str, Any], bench: CompositeBench, subjects: Subjects) -> str:
    """Return the page; the triples that are shown are drawn by the seed and composed again."""
    drawn = np.random.default_rng(seed_for(bench.seed, "shown")).permutation(len(subjects))[:NUM_SHOWN]
    rows = [_row(bench, subjects[int(number)]) for number in sorted(drawn)]
    background, *others = _SHOWN.values()
    sections = [
        heading("Situate: composites of real pictures", 1),
        paragraph(about(result), is_soft=True),
        key_figures(_highlights(result)),
        paragraph(NOTES),
        *(table_html(table) for table in tables_of(result)),
        heading(f"{len(rows)} triples, drawn by the seed"),
        picture_table(("triple", background, "foreground as given", *others), rows),
    ]
    return page("Situate: composites of real pictures", sections)


def _highlights(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    figures = [
        (estimates[f"{region}_psnr_db"], f"{part}: {name} above plain paste")
        for part, numbers in result["parts"].items()
        for estimates in [numbers["model_minus"][PASTE]]
        for region, name in (("ring", "shadow ring"), ("object", "object"))
        if f"{region}_psnr_db" in estimates
    ]
    return [(with_interval(estimate, unit=" dB"), text) for estimate, text in figures]


def _row(bench: CompositeBench, subject: Subject) -> list[str]:
    window = _window(subject)
    made = bench.composites(subject)
    cells = [_cell(made[method], window) for method in _SHOWN]
    foreground = np.asarray(cv2.resize(padded_to(subject.given.foreground, 1.0), (CELL_PX, CELL_PX)))
    return [_caption(subject), cells[0], picture(on_checker(foreground), is_lossless=False), *cells[1:]]


def _cell(composite: UInt8[np.ndarray, "h w 3"] | None, window: Window) -> str:
    if composite is None:
        return paragraph("the object is too small", is_soft=True)
    return picture(crop_resized(composite, window, CELL_PX), is_lossless=False)


def _window(subject: Subject) -> Window:
    height_px, width_px = subject.truth.background.shape[:2]
    box_cxcywh = subject.truth.box_cxcywh
    longer_px = max(box_cxcywh[2] * width_px, box_cxcywh[3] * height_px)
    # Wider than the picture only if the object is: beyond its edge there would be streaks.
    side_px = min(SIDE_IN_OBJECTS * longer_px, max(longer_px, min(width_px, height_px)))
    return window_round(box_cxcywh, (width_px, height_px), max(1, round(side_px)))


def _caption(subject: Subject) -> str:
    lines = [f"{subject.truth.kind} {subject.truth.key}", subject.part, subject.regions.why_no_ring]
    return "".join(paragraph(line, is_soft=number > 0) for number, line in enumerate(lines) if line)
