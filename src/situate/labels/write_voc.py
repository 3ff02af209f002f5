"""A data set as Pascal VOC: an XML file for every picture, a palette picture for its masks, a list of names."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.parts import PARTS, part_of
from situate.labels.shown import mask_or_none, shown_pictures

VOC_PICTURES, IMAGE_SETS = "JPEGImages", "ImageSets/Main"
MAX_VOC_OBJECTS = 254
"""Of a picture with masks: 0 is background, 255 marks outlines."""
_FLAGS = {"truncated": 0, "difficult": 0, "occluded": None}
"""What is written for objects that say nothing of them; programs expect the first two."""
_NUM_COLOURS, _NUM_BITS = 256, 8
_VOID_COLOUR = (224, 224, 192)
Box = tuple[float, float, float, float]


def voc_files(dataset: CocoDataset) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the XML file, and where there are masks the palette picture, of every picture that can be read.

    Value k of a palette picture is the k-th object; a pixel of several objects belongs to the smallest of them. Boxes
    are rounded to whole pixels; an object without one has its mask's.
    """
    names = dataset.category_names()
    parts: dict[str, str] = {}
    for image, objects in shown_pictures(dataset):
        stem = voc_stem(image.file_name)
        parts[stem] = part_of(image) or PARTS[0]
        values, boxes = _drawn(image, objects)
        described = [(names[one.category_id], one, box) for one, box in zip(objects, boxes, strict=True)]
        yield PurePosixPath("Annotations", f"{stem}.xml"), _xml(image, described, is_segmented=values is not None)
        if values is not None:
            yield PurePosixPath("SegmentationObject", f"{stem}.png"), _png(values)
    for part in PARTS:
        own = "".join(f"{stem}\n" for stem, found in parts.items() if found == part)
        if own or part == PARTS[0]:
            yield PurePosixPath(f"{IMAGE_SETS}/{part}.txt"), own.encode("utf-8")


def voc_stem(file_name: str) -> str:
    """Return the name of a picture's XML file without its suffix: `sub__a` for `sub/a.jpg`."""
    return "__".join(PurePosixPath(file_name).with_suffix("").parts)


def _drawn(
    image: CocoImage, objects: Sequence[CocoAnnotation]
) -> tuple[UInt8[np.ndarray, "h w"] | None, list[Box | None]]:
    """Return the numbers of the objects, None if none has a mask; and their boxes."""
    values: np.ndarray | None = None
    boxes = [one.box_xywh_px for one in objects]
    areas = np.full(len(objects) + 1, np.inf)
    for number, one in enumerate(objects, start=1):
        mask = mask_or_none(one, image)
        if mask is None:
            continue
        if values is None:
            values = np.zeros((image.height, image.width), np.uint8)
        areas[number] = np.count_nonzero(mask)
        below = values[mask]
        values[mask] = np.where(areas[below] > areas[number], number, below)
        if one.box_xywh_px is None:
            left, top, width, height = map(float, cv2.boundingRect(mask.view(np.uint8)))
            boxes[number - 1] = (left, top, width, height)
    return values, boxes


def _xml(image: CocoImage, objects: Sequence[tuple[str, CocoAnnotation, Box | None]], *, is_segmented: bool) -> bytes:
    root = Element("annotation")
    _add(root, "folder", VOC_PICTURES)
    _add(root, "filename", image.file_name)
    size = SubElement(root, "size")
    for name, value in (("width", image.width), ("height", image.height), ("depth", 3)):
        _add(size, name, value)
    _add(root, "segmented", int(is_segmented))
    for name, annotation, box in objects:
        element = SubElement(root, "object")
        _add(element, "name", name)
        _add(element, "pose", "Unspecified")
        for flag, unsaid in _FLAGS.items():
            said = annotation.extra.get(flag)
            value = int(said) if said in (0, 1) else unsaid
            if value is not None:
                _add(element, flag, value)
        if box is not None:
            _add_box(element, box)
    indent(root)
    return tostring(root, encoding="utf-8") + b"\n"


def _add_box(element: Element, box_xywh_px: Box) -> None:
    left, top, width, height = box_xywh_px
    first_column, last_column = _first_and_last(left, width)
    first_row, last_row = _first_and_last(top, height)
    corners = SubElement(element, "bndbox")
    for name, value in (("xmin", first_column), ("ymin", first_row), ("xmax", last_column), ("ymax", last_row)):
        _add(corners, name, value)


def _first_and_last(start: float, length: float) -> tuple[int, int]:
    """Return the first and the last whole pixel, counted from 1; a box that is not empty keeps at least one."""
    first, last = round(start) + 1, round(start + length)
    return first, max(first, last) if length > 0 else last


def _add(parent: Element, name: str, value: str | int) -> None:
    SubElement(parent, name).text = str(value)


def _png(values: UInt8[np.ndarray, "h w"]) -> bytes:
    picture = Image.fromarray(values)
    picture.putpalette([part for place in range(_NUM_COLOURS) for part in _colour(place)])
    stream = BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _colour(place: int) -> tuple[int, int, int]:
    """Return the colour that Pascal VOC gives to a place of its palette: bits of the place by turns, high ones last.

    Source:
        PASCAL VOC development kit, `VOClabelcolormap.m`.
    """
    if place == _NUM_COLOURS - 1:
        return _VOID_COLOUR
    channels = [0, 0, 0]
    for bit in range(_NUM_BITS):
        channels[bit % 3] |= (place >> bit & 1) << (_NUM_BITS - 1 - bit // 3)
    return channels[0], channels[1], channels[2]
