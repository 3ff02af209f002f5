"""Which mask belongs to which picture, told by their names and places."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from situate.labels.picture_files import LOSSLESS_SUFFIXES, files_outside, picture_files

MASK_ENDINGS = ("_mask", "-mask")
_FilesByStem = Mapping[PurePosixPath, Sequence[PurePosixPath]]


@dataclass(frozen=True)
class MaskPairs:
    """Pictures with their masks.

    Attributes:
        masks: Of every picture, sorted by its name: none, the one it has, or several among which nobody can choose.
            Pictures relative to their folder, masks to theirs.
        num_unused: Masks that belong to no picture.
    """

    masks: Mapping[PurePosixPath, tuple[PurePosixPath, ...]]
    num_unused: int


def pair_masks(masks: Path, images: Path) -> MaskPairs:
    """Find the masks in `masks` of the pictures in `images`; the two may be the same folder, or one in the other.

    Of the picture `a/b.jpg` the masks are `a/b.png`, `a/b_mask.png` and `a/b-mask.png`, and those with another suffix
    of a picture; those with losses only where there is no other.

    Raises:
        InputError: If one of them is no folder.
    """
    files = picture_files(masks)
    if masks.resolve() == images.resolve():
        by_stem = _by_stem(files)
        pictures = [file for file in files if not _is_mask(file, by_stem)]
        mask_files = [file for file in files if _is_mask(file, by_stem)]
    else:
        pictures = files_outside(picture_files(images), images, masks)
        mask_files = files_outside(files, masks, images)
    by_stem = _by_stem(mask_files)
    paired = {picture: _masks_of(picture, by_stem) for picture in pictures}
    used = {mask for own in paired.values() for mask in own}
    return MaskPairs(paired, num_unused=sum(mask not in used for mask in mask_files))


def _masks_of(picture: PurePosixPath, by_stem: _FilesByStem) -> tuple[PurePosixPath, ...]:
    stem = picture.with_suffix("")
    found = [mask for ending in ("", *MASK_ENDINGS) for mask in by_stem.get(stem.with_name(f"{stem.name}{ending}"), ())]
    return tuple(mask for mask in found if _is_lossless(mask)) or tuple(found)


def _is_mask(file: PurePosixPath, by_stem: _FilesByStem) -> bool:
    """Tell a mask from a picture where both are in one folder."""
    stem = file.with_suffix("")
    for ending in MASK_ENDINGS:
        bare_name = stem.name.removesuffix(ending)
        if bare_name not in ("", stem.name) and stem.with_name(bare_name) in by_stem:
            return True
    fellows = by_stem[stem]
    if not _is_lossless(file) or len(fellows) == 1:
        return False
    # Beside a JPEG picture every lossless one is a mask. If all are lossless, the likeliest mask is one.
    return not all(_is_lossless(fellow) for fellow in fellows) or file == min(fellows, key=_rank)


def _by_stem(files: Sequence[PurePosixPath]) -> dict[PurePosixPath, list[PurePosixPath]]:
    grouped: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for file in files:
        grouped[file.with_suffix("")].append(file)
    return dict(grouped)


def _is_lossless(file: PurePosixPath) -> bool:
    return file.suffix.lower() in LOSSLESS_SUFFIXES


def _rank(file: PurePosixPath) -> int:
    return LOSSLESS_SUFFIXES.index(file.suffix.lower())
