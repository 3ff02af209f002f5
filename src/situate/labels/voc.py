"""Pascal VOC: an XML file for every picture with its objects' boxes, and palette pictures whose values number them.

`Annotations/NAME.xml` belongs to `SegmentationObject/NAME.png`: value k is the k-th object of the XML file, counted
from 1; 255 marks outlines that belong to none. `ImageSets/Main` says which pictures are for training,
validating and testing.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from situate.errors import DataError, ImageError, InputError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.label_map import LabelledObject, LabelMap, objects_of, read_label_map
from situate.labels.notes import PICTURES_WITHOUT_ANNOTATIONS, notes_of
from situate.labels.parts import PARTS, SPLIT
from situate.labels.picture_files import PICTURE_SUFFIXES, files_outside, picture_files
from situate.labels.problems import first_problems
from situate.labels.voc_xml import VocPicture, read_voc_xml

VOID = 255
"""Value of the outlines between objects."""


def read_voc(annotations: Path, images: Path) -> CocoDataset:
    """Read Pascal VOC annotations.

    Without a mask objects have a box and no segmentation. A picture whose mask does not belong to its XML file has a
    `problem`, and its objects have no segmentation. `extra["notes"]` counts pictures without an XML file.

    Args:
        annotations: The folder with `Annotations` and `SegmentationObject` in it, or the former itself.
        images: Folder of the pictures, mostly `JPEGImages`.

    Raises:
        DataError: If there are no XML files, or some are broken (the first ten problems are listed, the rest counted).
        InputError: If `images` is no folder.
        MissingExtraError: If there are masks and pycocotools is not installed.
    """
    if not images.is_dir():
        raise InputError(f"{images} is not a folder; pass the folder of the pictures")
    folder = annotations / "Annotations" if (annotations / "Annotations").is_dir() else annotations
    problems: list[str] = []
    described = [read_voc_xml(path, problems) for path in xml_files(folder)]
    if problems:
        raise DataError(f"the annotations in {folder} are broken: {first_problems(problems)}; repair these files")
    pictures = [picture for picture in described if picture is not None]
    if not pictures:
        raise DataError(f"{folder} holds no XML files; pass a Pascal VOC folder or its Annotations")
    names = sorted({one.name for picture in pictures for one in picture.objects})
    ids = {name: category_id for category_id, name in enumerate(names, start=1)}
    masks = folder.absolute().parent / "SegmentationObject"
    splits = _splits(folder.absolute().parent)
    entries: list[CocoImage] = []
    objects: list[CocoAnnotation] = []
    for image_id, picture in enumerate(pictures, start=1):
        found, problem = _masks_of(picture, masks / f"{picture.path.stem}.png")
        name = _file_name(picture, images)
        extra = {SPLIT: splits[picture.path.stem]} if picture.path.stem in splits else {}
        entries.append(CocoImage(image_id, name, picture.width, picture.height, extra, problem))
        objects += _annotations(picture, found, ids, image_id=image_id, first_id=len(objects) + 1)
    categories = tuple(CocoCategory(category_id, name) for name, category_id in ids.items())
    extra = notes_of({PICTURES_WITHOUT_ANNOTATIONS: _num_bare_pictures(images, masks, entries)})
    return CocoDataset(annotations, tuple(entries), tuple(objects), categories, extra)


def xml_files(folder: Path) -> list[Path]:
    """List the XML files in `folder`, sorted; hidden files are none."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xml" and not path.name.startswith("."))


def _splits(folder: Path) -> dict[str, str]:
    """The parts that `ImageSets/Main` puts pictures into, by the names of their XML files."""
    found: dict[str, str] = {}
    for part in PARTS:
        path = folder / "ImageSets" / "Main" / f"{part}.txt"
        if path.is_file():
            words = path.read_text(encoding="utf-8", errors="replace").split("\n")
            found |= {word.strip(): part for word in words if word.strip()}
    return found


def _file_name(picture: VocPicture, images: Path) -> str:
    # Some programs write the name without a suffix, or that of a picture renamed since: then the XML file's own counts.
    candidates = [picture.file_name, *(f"{picture.path.stem}{suffix}" for suffix in PICTURE_SUFFIXES)]
    return next((name for name in candidates if (images / name).is_file()), picture.file_name)


def _num_bare_pictures(images: Path, masks: Path, entries: Sequence[CocoImage]) -> int:
    described = {PurePosixPath(entry.file_name) for entry in entries}
    return sum(file not in described for file in files_outside(picture_files(images), images, masks))


def _masks_of(picture: VocPicture, path: Path) -> tuple[dict[int, LabelledObject], str | None]:
    """Return the masks by the number of their object, or why there are none."""
    if not path.is_file():
        return {}, None
    try:
        label_map = read_label_map(path)
    except ImageError as error:
        return {}, str(error)
    if misfit := _misfit(label_map, picture):
        return {}, f"{path} {misfit}"
    try:
        found = {one.value: one for one in objects_of(label_map.values) if one.value != VOID}
    except ImageError as error:
        return {}, f"{path} {error}"
    unknown = [value for value in found if not 1 <= value <= len(picture.objects)]
    if unknown:
        has = f"{picture.path} has {len(picture.objects)} objects"
        return {}, f"{path} has pixels of the value {unknown[0]}, but {has}; add the object or remove the pixels"
    return found, None


def _misfit(label_map: LabelMap, picture: VocPicture) -> str | None:
    if label_map.kind == "colour":
        return "holds colours, which number no objects; save it with its palette"
    height, width = label_map.values.shape
    if (width, height) != (picture.width, picture.height):
        expected = f"{picture.width} x {picture.height}"
        return f"is {width} x {height} pixels, {picture.path} says {expected}; annotate it again"
    return None


def _annotations(
    picture: VocPicture, found: dict[int, LabelledObject], ids: dict[str, int], *, image_id: int, first_id: int
) -> list[CocoAnnotation]:
    return [
        CocoAnnotation(
            id=first_id + place,
            image_id=image_id,
            category_id=ids[one.name],
            segmentation=found[place + 1].segmentation if place + 1 in found else None,
            box_xywh_px=one.box_xywh_px,
            area_px=found[place + 1].area_px if place + 1 in found else None,
            extra=one.flags,
        )
        for place, one in enumerate(picture.objects)
    ]
