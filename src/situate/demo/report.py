"""`report.html`: pictures first, then curves, numbers, times; readable offline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from situate.data.contact_sheet import on_checker
from situate.demo.compose import PhotoRow, SceneRow
from situate.demo.figures import training_curves
from situate.demo.tables import figures_table, machine_table, times_table
from situate.evaluation.tables import NOTES
from situate.pages.page import heading, key_figures, page, paragraph, picture, picture_table, table_html
from situate.records.placement import Composite

TITLE = "Situate: the demo"
PHOTO_PX = 560
_ONE_PERCENT = 0.01
FOREGROUND_PX = 160


def demo_report(
    result: Mapping[str, Any], scenes: Sequence[SceneRow], photos: Sequence[PhotoRow], metrics: Path
) -> str:
    """Return the whole page.

    Args:
        result: What `demo.json` holds.
        scenes: Held-out scenes.
        photos: Photographs.
        metrics: `metrics.jsonl` of the training run.
    """
    sections = [
        heading(TITLE, 1),
        paragraph(_summary(result), is_soft=True),
        key_figures(_highlights(result)),
        *_scene_section(scenes, result["config"]["data"]),
        *_photo_section(photos, str(result["photo_model"])),
        heading("Training"),
        paragraph(_verdict(result["training"])),
        paragraph("Blue: training; orange: validation with the averaged weights and fixed noise.", is_soft=True),
        training_curves(metrics),
        heading("Numbers"),
        paragraph(NOTES),
        table_html(figures_table(result["trained"], result["shipped"])),
        heading("Times and machine"),
        f'<div class="columns"><div>{table_html(times_table(result["times_s"]))}</div>'
        f"<div>{table_html(machine_table(result['machine']))}</div></div>",
    ]
    return page(TITLE, sections)


def _summary(result: Mapping[str, Any]) -> str:
    config, training = result["config"], result["training"]
    data = "the starter set of rendered scenes" if config["data"] == "starter" else "rendered primitive scenes"
    return (
        f"The recipe {config['recipe']} was trained on {data} ({training['num_triples']} triples) for "
        f"{training['steps']} steps, and scenes and photographs that no model had seen were composed with "
        f"{'it' if result['shipped'] is None else 'it and with the shipped model'}. Nobody said where the objects go."
    )


def _highlights(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    tiles = []
    for name in ("trained", "shipped"):
        figures, words = result[name], {"trained": "just trained", "shipped": "shipped"}[name]
        if figures is None:
            continue
        synthesis = next(iter(figures["synthesis"].values()))
        nats = f"{figures['placement']['cell_nats_gain_over_prior']['value']:+.2f} nats"
        gain_db = f"{synthesis['psnr_db_gain_over_paste']['value']:+.2f} dB"
        tiles += [
            (nats, f"over the prior, log-likelihood of the true cell ({words})"),
            (gain_db, f"over plain paste, PSNR where the picture changes ({words})"),
        ]
    return tiles


def _verdict(training: Mapping[str, Any]) -> str:
    word = "Converged" if training["converged"] else "Not converged"
    kept = f"The weights are those of step {training['published_step']}, which validated best."
    return f"{word} after {training['steps']} steps: {training['reason']}. {kept}"


def _scene_section(scenes: Sequence[SceneRow], data: str) -> list[str]:
    has_shipped = any(row.shipped is not None for row in scenes)
    header = ["object", "background", "heat map, first place", "just trained", "shipped", "plain paste there", "truth"]
    if not has_shipped:
        header.remove("shipped")
    credit = " Who made their models is in starter/test/ATTRIBUTION.md." if data == "starter" else ""
    known = "" if not has_shipped else " The command situate info tells what the shipped model was trained on."
    return [
        heading("Held-out scenes"),
        paragraph(
            "The first held-out scenes, one object of each in turn: nobody chose them. The heat map says where the "
            "object's foot may stand; the box is the place that was taken. The truth is one of many that would do. "
            "The object comes in another light, and has to take on that of the scene and to cast its shadow."
            f"{credit}{known}"
        ),
        *([] if has_shipped else [paragraph("No model ships with this installation: its column is left out.")]),
        picture_table(header, [_scene_cells(row) for row in scenes]),
    ]


def _scene_cells(row: SceneRow) -> list[str]:
    cells = [
        _foreground(row.triple.foreground, row.triple.kind),
        picture(row.triple.background),
        picture(row.heatmap),
        picture(row.trained.picture.rgb_u8, _chance(row.trained)),
    ]
    if row.shipped is not None:
        cells.append(picture(row.shipped.picture.rgb_u8, _chance(row.shipped)))
    return [*cells, picture(row.pasted), picture(row.triple.composite)]


def _photo_section(photos: Sequence[PhotoRow], model: str) -> list[str]:
    rows = [
        [
            _foreground(row.foreground, row.foreground_name),
            picture(_reduced(row.background), row.name, is_lossless=False),
            picture(_reduced(row.heatmap), is_lossless=False),
            picture(_reduced(row.composite.picture.rgb_u8), _chance(row.composite), is_lossless=False),
            picture(_reduced(row.pasted), is_lossless=False),
        ]
        for row in photos
    ]
    return [
        heading("Photographs"),
        paragraph(
            f"Free photographs with ground to stand on, composed by the {model}, which has seen hardly anything but "
            "rendered scenes: anything good here is a gift. Who took them is in examples/ATTRIBUTION.md."
        ),
        picture_table(["object", "photograph", "heat map, first place", "composite", "plain paste"], rows),
    ]


def _chance(composite: Composite) -> str:
    probability = composite.placement.probability
    if probability is None:
        return ""
    return f"place with probability {probability:.0%}" if probability >= _ONE_PERCENT else "place with under 1%"


def _foreground(pixels: np.ndarray, caption: str) -> str:
    scale = FOREGROUND_PX / max(pixels.shape[:2])
    shown = on_checker(_scaled(pixels, scale)) if scale < 1 else _scaled(on_checker(pixels), scale)
    side = np.zeros((FOREGROUND_PX, FOREGROUND_PX, 4), np.uint8)
    top, left = ((FOREGROUND_PX - extent) // 2 for extent in shown.shape[:2])
    side[top : top + shown.shape[0], left : left + shown.shape[1]] = np.dstack(
        [shown, np.full(shown.shape[:2], 255, np.uint8)]
    )
    return picture(side, caption)


def _reduced(pixels: np.ndarray) -> np.ndarray:
    return _scaled(pixels, min(1.0, PHOTO_PX / max(pixels.shape[:2])))


def _scaled(pixels: np.ndarray, scale: float) -> np.ndarray:
    size_wh = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
