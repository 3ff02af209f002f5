"""The report as a page: counts, sizes and places, new pictures with their labels, what was rejected."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.augment.plan import AugmentPlan
from situate.augment.report import AugmentReport
from situate.errors import SituateError
from situate.imageio.read import read_picture
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of
from situate.pages.charts import bar_chart, chart_row, heat_map, histogram
from situate.pages.page import heading, key_figures, page, paragraph, picture, table_html
from situate.pages.table import Table

NUM_SHOWN = 24
CELL_PX = 320
MAP_CELLS = 16
MOST_ERRORS = 20
MOST_BARS = 30
OLD_COLOUR, NEW_COLOUR = (60, 160, 255), (255, 170, 40)


@dataclass(frozen=True)
class Shown:
    """What the page is made of.

    Attributes:
        report: The counts.
        plan: What was planned.
        before: The data set that was there.
        after: The data set that was written.
        new_ids: Of the new objects in it.
        pictures: Folder of its pictures.
        rejected: Small pictures of what was rejected, named by the reason.
    """

    report: AugmentReport
    plan: AugmentPlan
    before: CocoDataset
    after: CocoDataset
    new_ids: frozenset[int]
    pictures: Path
    rejected: Sequence[Path]


def augment_page(shown: Shown) -> str:
    """Return the HTML of a page that needs nothing but itself."""
    sections = [_head(shown), *_new_pictures(shown), *_counts(shown.report), *_distributions(shown)]
    sections += [*_rejected(shown), *_errors(shown.report)]
    return page("Augmented data set", sections)


def _head(shown: Shown) -> str:
    report = shown.report
    figures = [
        (f"{report.num_originals:,}", "pictures as they were"),
        (f"{report.num_new:,}", f"new pictures of {report.num_planned:,} planned"),
        (f"{sum(report.added.values()):,}", "new objects"),
        (f"{sum(report.rejected.values()):,}", "tries rejected"),
        (f"{len(report.errors):,}", "files that cannot be used"),
    ]
    config = shown.plan.config
    how = f"placed by {'the model' if config.place == 'model' else 'chance'}, seed {config.seed}"
    note = f"{how}; least score {config.min_score:g}, least share seen {config.min_visible:g}."
    return heading("Augmented data set", 1) + key_figures(figures) + paragraph(note.capitalize(), is_soft=True)


def _counts(report: AugmentReport) -> list[str]:
    columns = (report.before, report.after, report.added, report.num_cutouts)
    rows = tuple((name, *(str(column.get(name, 0)) for column in columns)) for name in report.after)
    header = ("class", "before", "after", "of them new", "cut-outs")
    charts = [
        bar_chart(title, dict(sorted(counts.items(), key=lambda item: -item[1])[:MOST_BARS]))
        for title, counts in (("Objects before", report.before), ("Objects after", report.after))
        if any(counts.values())
    ]
    return [heading("Classes"), chart_row(charts), table_html(Table("Objects of each class", header, rows))]


def _distributions(shown: Shown) -> list[str]:
    old = [one for one in shown.before.annotations if one.box_xywh_px is not None and not one.is_crowd]
    new = [one for one in shown.after.annotations if one.id in shown.new_ids]
    figures = []
    for title, annotations, dataset in (("annotated", old, shown.before), ("new", new, shown.after)):
        boxes = _boxes(annotations, dataset)
        if len(boxes):
            heights, unit = boxes[:, 3].tolist(), "fraction of the picture's height"
            figures.append(histogram(f"Heights, {title} objects", heights, unit, counted="objects"))
            figures.append(heat_map(f"Bottom centres, {title} objects", _places(boxes), f"{len(boxes)} objects"))
    return [heading("Sizes and places"), chart_row(figures)]


def _boxes(annotations: Sequence[CocoAnnotation], dataset: CocoDataset) -> np.ndarray:
    """Left, top, width and height as fractions of the picture, `n 4`."""
    sizes = {image.id: (image.width, image.height) for image in dataset.images}
    rows = [
        np.array(one.box_xywh_px) / (sizes[one.image_id] * 2)
        for one in annotations
        if one.box_xywh_px is not None and min(sizes[one.image_id]) > 0
    ]
    return np.array(rows).reshape(-1, 4)


def _places(boxes: np.ndarray) -> np.ndarray:
    x, y = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3]
    cells = [np.clip(one * MAP_CELLS, 0, MAP_CELLS - 1).astype(np.int64) for one in (y, x)]
    counts = np.zeros((MAP_CELLS, MAP_CELLS), np.int64)
    np.add.at(counts, tuple(cells), 1)
    return counts


def _new_pictures(shown: Shown) -> list[str]:
    with_new = {one.image_id for one in shown.after.annotations if one.id in shown.new_ids}
    new = [image for image in shown.after.images if image.id in with_new]
    if not new:
        return [heading("New pictures"), paragraph("There are none.")]
    chosen = [new[place] for place in np.linspace(0, len(new) - 1, min(NUM_SHOWN, len(new))).round().astype(int)]
    ids = {image.id for image in chosen}
    annotations: dict[int, list[CocoAnnotation]] = {image_id: [] for image_id in ids}
    for annotation in shown.after.annotations:
        if annotation.image_id in ids:
            annotations[annotation.image_id].append(annotation)
    names = shown.after.category_names()
    cells = [_cell(image, annotations[image.id], names, shown) for image in chosen]
    text = "Labels as they were written: new objects in orange, those that were there in blue."
    return [heading("New pictures"), paragraph(text, is_soft=True), chart_row(cells)]


def _cell(image: CocoImage, annotations: Sequence[CocoAnnotation], names: dict[int, str], shown: Shown) -> str:
    pixels = read_picture(shown.pictures / image.file_name).rgb_u8
    scale = CELL_PX / max(pixels.shape[:2])
    size_wh = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    drawn = np.ascontiguousarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA))
    for annotation in annotations:
        _draw(drawn, annotation, image, scale, NEW_COLOUR if annotation.id in shown.new_ids else OLD_COLOUR)
    new = ", ".join(names[one.category_id] for one in annotations if one.id in shown.new_ids)
    return picture(drawn, f"{image.id}: + {new}", is_lossless=False)


def _draw(
    drawn: UInt8[np.ndarray, "h w 3"],
    annotation: CocoAnnotation,
    image: CocoImage,
    scale: float,
    colour: tuple[int, int, int],
) -> None:
    """Draw the outline of a mask and the box."""
    if annotation.box_xywh_px is not None:
        left, top, width, height = (round(side * scale) for side in annotation.box_xywh_px)
        cv2.rectangle(drawn, (left, top), (left + width - 1, top + height - 1), colour, 1)
    try:
        mask = mask_of(annotation, image.height, image.width)
    except SituateError:
        return
    small = cv2.resize(mask.astype(np.uint8), (drawn.shape[1], drawn.shape[0]), interpolation=cv2.INTER_AREA)
    outlines, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(drawn, outlines, -1, colour, 1)


def _rejected(shown: Shown) -> list[str]:
    report = shown.report
    if not report.rejected:
        return [heading("Rejected"), paragraph("Nothing was.")]
    rows = tuple((reason, str(count)) for reason, count in report.rejected.items())
    sections = [heading("Rejected"), table_html(Table("Tries that came to nothing", ("reason", "tries"), rows))]
    cells = []
    for path in shown.rejected:
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is not None:
            cells.append(picture(np.ascontiguousarray(pixels[..., ::-1]), path.stem.split("-")[-1], is_lossless=False))
    text = "Where objects would have stood, in red, if that was known; the pictures are without them."
    return [*sections, paragraph(text, is_soft=True), chart_row(cells)] if cells else sections


def _errors(report: AugmentReport) -> list[str]:
    if not report.errors:
        return []
    rows = tuple((error["file"], error["error"]) for error in report.errors[:MOST_ERRORS])
    more = len(report.errors) - MOST_ERRORS
    title = "The first of them" if more > 0 else "All of them"
    return [heading("Files that cannot be used"), table_html(Table(title, ("file", "why"), rows))]
