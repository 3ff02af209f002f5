"""The benchmark's tables of pictures: of all methods, of the model beside its rivals, and by number of steps."""

from collections.abc import Mapping
from typing import Any

from situate.evaluation.benchmark.estimate_cells import Columns, estimate_cell, method_table
from situate.evaluation.benchmark.model_under_test import MODEL
from situate.evaluation.benchmark.place_pictures import RIVALS, name_at
from situate.pages.table import Table

_DB, _SHARE, _LEVELS = (1.0, 2), (1.0, 3), (1.0, 1)
REGION: Columns = {
    "psnr_db": ("PSNR (dB)", _DB),
    "ssim": ("SSIM", _SHARE),
    "psnr_blurred_db": ("PSNR, blurred (dB)", _DB),
    "ssim_blurred": ("SSIM, blurred", _SHARE),
    "perceptual": ("perceptual distance", _SHARE),
}
PARTS: Columns = {
    "colour_error": ("colour error of the object (CIE76)", _LEVELS),
    "brightness_error": ("its lightness, own - true", _LEVELS),
    "visible_iou": ("visible IoU, occluded", _SHARE),
    "shadow_iou": ("shadow IoU", _SHARE),
    "shadow_edge_energy": ("shadow edges, own / true", _DB),
}
STEPS: Columns = {
    "psnr_db": ("PSNR (dB)", _DB),
    "perceptual": ("perceptual distance", _SHARE),
    "perceptual_ratio": ("the same, of that with most steps (%)", (100.0, 1)),
    "shadow_edge_energy": ("shadow edges, own / true", _DB),
    "shadow_iou": ("shadow IoU", _SHARE),
    "colour_error": ("colour error of the object (CIE76)", _LEVELS),
}


def picture_tables(result: Mapping[str, Any]) -> list[Table]:
    """Return the tables of pictures; none if none were made."""
    if not any("psnr_db" in figures for figures in result["methods"].values()):
        return []
    steps = f", the model with {result['num_steps']} steps" if result["num_steps"] else ""
    tables = [
        method_table(f"Pictures{steps}", REGION, result),
        _with_counts(method_table(f"Object and shadow{steps}", PARTS, result), result),
    ]
    if result["gains"]:
        tables.append(_gains(result["gains"], f"PSNR of the model above others, on the same pixels{steps}"))
    return [*tables, _by_steps(result["steps"])] if len(result["steps"]) > 1 else tables


def _with_counts(table: Table, result: Mapping[str, Any]) -> Table:
    """Add what is counted: pixels, and pictures that have a figure."""
    rows = []
    for row in table.rows:
        counts = result["methods"][row[0]]
        having = counts["num_pictures_with"]
        pictures = f"{counts['num_pictures']}, {having['visible_iou']}, {having['shadow_edge_energy']}"
        rows.append((*row, str(counts["num_pixels_changed_outside_effect"]), pictures))
    return Table(table.title, (*table.header, "changed outside", "pictures: all, occluded, with edges"), tuple(rows))


def _gains(gains: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """Rivals in rows, whose place it is in columns."""
    rows = [
        (
            f"above {rival}",
            *(
                estimate_cell(gains.get(name_at(MODEL, place), {}).get(name_at(rival, place)), _DB)
                for place in ("model", "truth")
            ),
        )
        for rival in RIVALS
    ]
    return Table(
        title,
        ("what", "at its own place (dB)", "at the true place (dB)"),
        tuple(row for row in rows if set(row[1:]) != {"-"}),
    )


def _by_steps(by_steps: Mapping[str, Mapping[str, Any]]) -> Table:
    """The model's pictures by place and number of steps."""
    methods = dict.fromkeys(method for figures in by_steps.values() for method in figures)
    rows = [
        (method, steps, *(estimate_cell(figures[method].get(name), style) for name, (_, style) in STEPS.items()))
        for method in methods
        for steps, figures in by_steps.items()
        if method in figures
    ]
    return Table("Pictures by number of steps", ("method", "steps", *(text for text, _ in STEPS.values())), tuple(rows))
