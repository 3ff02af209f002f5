"""Records as entries of a COCO file: what `read_coco` read comes out as it went in."""

from typing import Any

from situate.labels.coco import CocoAnnotation, CocoCategory, CocoImage


def image_entry(image: CocoImage) -> dict[str, Any]:
    """Return the entry of a picture."""
    return {
        "id": image.id,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
        **image.extra,
    }


def annotation_entry(annotation: CocoAnnotation) -> dict[str, Any]:
    """Return the entry of an object; what it does not have is left out."""
    known = {
        "bbox": None if annotation.box_xywh_px is None else list(annotation.box_xywh_px),
        "area": annotation.area_px,
        "segmentation": annotation.segmentation,
    }
    return {
        "id": annotation.id,
        "image_id": annotation.image_id,
        "category_id": annotation.category_id,
        **{key: value for key, value in known.items() if value is not None},
        "iscrowd": int(annotation.is_crowd),
        **annotation.extra,
    }


def category_entry(category: CocoCategory) -> dict[str, Any]:
    """Return the entry of a class."""
    return {"id": category.id, "name": category.name, **category.extra}
