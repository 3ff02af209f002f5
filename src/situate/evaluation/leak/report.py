"""The page of the suite `leak`: its tables, and some of the backgrounds to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from situate.data.photos.repair import RepairConfig
from situate.evaluation.leak.remake import remade, stands_in
from situate.evaluation.leak.suite import NUM_DECOYS, LeakConfig, LeakData
from situate.evaluation.leak.tables import NOTES, tables_of
from situate.pages.page import heading, page, paragraph, picture, picture_table, table_html
from situate.records.triple import Triple

NUM_SHOWN = 8
HOLE_COLOUR, DECOY_COLOUR = (255, 60, 60), (60, 160, 255)


def leak_report(result: Mapping[str, Any], data: Sequence[LeakData], config: LeakConfig) -> str:
    """Return the page."""
    sections = [
        heading("Situate: the leak of repaired backgrounds", 1),
        paragraph(f"Model {result['model']} ({result['model_fingerprint']}).", is_soft=True),
        paragraph(NOTES),
        *(table_html(table) for table in tables_of(result)),
    ]
    for one in data:
        sections += [heading(one.name), _pictures(one, config)]
    return page("Situate: leak", sections)


def _pictures(data: LeakData, config: LeakConfig) -> str:
    shown = [data.triples[index] for index in range(min(NUM_SHOWN, len(data.triples)))]
    if data.is_repaired:
        rows = [[*map(picture, _views(triple))] for triple in shown]
        return picture_table(["composite", "background", "real hole red, decoys blue"], rows)
    stands = stands_in(data.boxes)
    repairs = [RepairConfig(config.inpainter, num_decoys, config.seed) for num_decoys in NUM_DECOYS.values()]
    rows = []
    for triple in shown:
        views = [triple.composite, triple.background]
        for repair in repairs:
            views += _views(remade(triple, stands, repair))[1:]
        rows.append([*map(picture, views)])
    header = ["composite", "true background"]
    for name in NUM_DECOYS:
        header += [f"repaired {name}", "where"]
    return picture_table(header, rows)


def _views(triple: Triple) -> list[np.ndarray]:
    marked = np.ascontiguousarray(triple.background).copy()
    for mask, colour in ((triple.hole, HOLE_COLOUR), (triple.decoy_mask, DECOY_COLOUR)):
        outlines, _ = cv2.findContours((mask > 0).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        marked = cv2.drawContours(marked, outlines, -1, colour, 1)
    return [triple.composite, triple.background, marked]
