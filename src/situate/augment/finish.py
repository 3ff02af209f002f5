"""From finished blocks to a data set: original pictures, labels, errors, report."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from situate.augment.block_files import read_block
from situate.augment.folder import ERRORS_FILE, PAGE_FILE, REPORT_FILE, AugmentFolder
from situate.augment.made import BlockReport
from situate.augment.page import Shown, augment_page
from situate.augment.parts import pictures_to_augment
from situate.augment.plan import AugmentPlan
from situate.augment.report import AugmentReport, counted
from situate.errors import ImageError, InputError
from situate.imageio.write import write_bytes, write_json
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.notes import NOTES
from situate.labels.picture_files import upright_size_wh
from situate.labels.write import PICTURE_FOLDERS, WrittenFormat, label_files, left_out

NUM_REJECTED_SHOWN = 24


@dataclass(frozen=True)
class Sources:
    """What was there, and how the result is written; see `AugmentOutput`."""

    dataset: CocoDataset
    images: Path
    label_format: WrittenFormat
    new_only: bool
    masks: Literal["rle", "polygons"]
    identity: Mapping[str, Any]


def finish(
    plan: AugmentPlan, sources: Sources, folder: AugmentFolder, errors: Sequence[Mapping[str, str]]
) -> AugmentReport:
    """Write labels and report; the last step removes what was only for building.

    Raises:
        OutputError: If something cannot be written.
    """
    blocks = [read_block(folder.block_path(number)) for number in range(len(plan.blocks))]
    unusable = _by_file([*errors, *(error for block in blocks for error in block.errors)])
    pictures = folder.folder / PICTURE_FOLDERS[sources.label_format]
    pictures.mkdir(parents=True, exist_ok=True)
    originals = [] if sources.new_only else list(_taken_over(sources, pictures, unusable))
    dataset, new_ids = _data_set(plan, sources, originals, blocks)
    report = _report(plan, sources, dataset, new_ids, blocks, len(originals), list(unusable.values()))
    for path, content in label_files(dataset, sources.label_format, masks=sources.masks):
        target = folder.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(content, target)
    if report.errors:
        lines = "".join(json.dumps(error) + "\n" for error in report.errors)
        write_bytes(lines.encode(), folder.folder / ERRORS_FILE)
    rejected = sorted(folder.rejected.glob("*.jpg"))[:NUM_REJECTED_SHOWN]
    page = augment_page(Shown(report, plan, sources.dataset, dataset, new_ids, pictures, rejected))
    write_bytes(page.encode(), folder.folder / PAGE_FILE)
    write_json({"identity": dict(sources.identity), "report": report.to_json()}, folder.folder / REPORT_FILE)
    folder.finish()
    return report


def _by_file(errors: Sequence[Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """The first error of each file: a picture that cannot be read is met as often as it is asked for."""
    found: dict[str, Mapping[str, str]] = {}
    for error in errors:
        found.setdefault(error["file"], error)
    return found


def _taken_over(sources: Sources, pictures: Path, unusable: dict[str, Mapping[str, str]]) -> Iterator[CocoImage]:
    """Link or copy the original pictures; those that cannot be used are added to `unusable`."""
    for image in sources.dataset.images:
        if image.file_name in unusable:
            continue
        try:
            if image.problem is not None:
                raise ImageError(image.problem)
            source = sources.images / image.file_name
            size_wh = upright_size_wh(source)
            if size_wh != (image.width, image.height):
                found = f"{size_wh[0]} x {size_wh[1]} pixels upright"
                raise InputError(f"{source} is {found}, the annotations say {image.width} x {image.height}")
        except InputError as error:
            unusable[image.file_name] = {"file": image.file_name, "error": str(error)}
            continue
        _link(source, pictures / image.file_name)
        yield image


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with suppress(OSError):
        # Of one file system: no second copy of the pictures.
        os.link(source.resolve(), target)
        return
    shutil.copyfile(source, target)


def _data_set(
    plan: AugmentPlan, sources: Sources, originals: Sequence[CocoImage], blocks: Sequence[BlockReport]
) -> tuple[CocoDataset, frozenset[int]]:
    """Originals first, as they were; new ids follow the largest that was there. Returns those of new objects, too."""
    old = sources.dataset
    kept = {image.id for image in originals}
    annotations = [annotation for annotation in old.annotations if annotation.image_id in kept]
    next_id = max((annotation.id for annotation in old.annotations), default=0) + 1
    images = list(originals)
    new_ids: set[int] = set()
    for made in (made for block in blocks for made in block.pictures):
        images.append(made.image)
        for annotation in made.annotations:
            annotations.append(replace(annotation, id=next_id))
            next_id += 1
        new_ids.update(range(next_id - made.num_new, next_id))
    extra = {key: value for key, value in old.extra.items() if key != NOTES}
    dataset = CocoDataset(old.path, tuple(images), tuple(annotations), plan.categories, extra)
    return dataset, frozenset(new_ids)


def _report(
    plan: AugmentPlan,
    sources: Sources,
    dataset: CocoDataset,
    new_ids: frozenset[int],
    blocks: Sequence[BlockReport],
    num_originals: int,
    errors: Sequence[Mapping[str, str]],
) -> AugmentReport:
    names = dataset.category_names()

    def kinds(annotations: Sequence[CocoAnnotation]) -> dict[str, int]:
        return counted((names[one.category_id] for one in annotations if not one.is_crowd), names)

    new = [one for one in dataset.annotations if one.id in new_ids]
    num_held_out = len(sources.dataset.images) - len(pictures_to_augment(sources.dataset.images))
    notes = {
        "objects asked for that may go into no picture": plan.num_without_place,
        "pictures for validating or testing, not augmented": num_held_out,
        **{f"{what}, left out of the labels": count for what, count in left_out(dataset, sources.label_format).items()},
    }
    return AugmentReport(
        num_originals=num_originals,
        num_new=sum(len(block.pictures) for block in blocks),
        num_planned=len(plan.pictures),
        before=dict(plan.before),
        after=kinds(dataset.annotations),
        added=kinds(new),
        rejected=dict(sorted(Counter(one.reason for block in blocks for one in block.rejected).items())),
        num_left_out=sum(block.num_left_out for block in blocks),
        num_dropped=sum(made.num_dropped for block in blocks for made in block.pictures),
        num_cutouts={kind: len(several) for kind, several in sorted(plan.folder.by_kind().items())},
        notes={what: count for what, count in notes.items() if count},
        errors=tuple(errors),
    )
