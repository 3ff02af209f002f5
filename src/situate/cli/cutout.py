"""`situate cutout`: a foreground from a photograph."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from situate.errors import AlphaError, InputError

if TYPE_CHECKING:
    import numpy as np

    from situate.records.picture import Picture


def cutout(
    image: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    box: str | None = None,
    mask: Path | None = None,
    matting: str = "guided",
) -> None:
    """Cut an object out of a photograph, to be composed elsewhere.

    The object is what a mask marks, or what GrabCut finds inside a box; without either, GrabCut looks everywhere but in
    a margin of 5 % of each side, which works for one object before a calm background.

    Args:
        image: The photograph.
        output: The cut-out: a .png, .webp, .tif or .tiff file.
        box: Box round the object as x,y,width,height in pixels from the top left of the upright picture.
        mask: Picture of the same size, white where the object is.
        matting: How the soft edge is found: guided (fast), closed-form (hair and fur; needs the extra "matting", and a
            minute once for its library to compile), or the folder of a ViTMatte network.
    """
    from situate.data.cutout import cut_out_framed
    from situate.data.matting import require_matting
    from situate.imageio.encode import SUFFIXES_WITH_ALPHA
    from situate.imageio.read import read_picture
    from situate.imageio.write import check_output, write_picture

    if box is not None and mask is not None:
        raise InputError("both --box and --mask say where the object is; pass one of them")
    check_output(output, suffixes=SUFFIXES_WITH_ALPHA)
    require_matting(matting)
    picture = read_picture(image)
    found = _found_by_grabcut(picture, box) if mask is None else _read_mask(mask, picture)
    write_picture(cut_out_framed(picture, found, matting=matting), output)
    print(output)


def _found_by_grabcut(picture: "Picture", box: str | None) -> "np.ndarray":
    from situate.data.grabcut import grabcut_mask
    from situate.pipeline.demands import parsed_box

    box_xywh_px = None
    if box is not None:
        # GrabCut knows whole pixels only.
        x, y, width, height = map(round, parsed_box(box))
        box_xywh_px = (x, y, width, height)
    found = grabcut_mask(picture.rgb_u8, box_xywh_px=box_xywh_px)
    if not found.any():
        remedy = "draw the box tighter" if box else "pass --box x,y,width,height round the object"
        raise AlphaError(
            f"GrabCut found no object in {picture.name}: it covers 0.0 % of the picture; {remedy}, or pass --mask FILE"
        )
    return found


def _read_mask(path: Path, picture: "Picture") -> "np.ndarray":
    from situate.imageio.mask import read_mask

    mask = read_mask(path, picture)
    if not mask.any():
        raise AlphaError(f"{path} marks 0.0 % of {picture.name}; paint the object white, everything else black")
    return mask
