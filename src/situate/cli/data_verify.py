"""`situate data verify`: is a data set, of triples or of pictures with labels, whole?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from situate.cli.progress import progress_bar

if TYPE_CHECKING:
    from situate.data.sets.labelled import LabelSet
    from situate.data.sets.problem import Problem
    from situate.data.sets.verify import Verification

EXIT_SOME_DAMAGED = 1
NUM_LISTED = 20


def verify(folder: Path) -> int:
    """Check every file of a data set against its checksum, and every triple.

    Pictures of a triple must fit together, boxes lie in the picture, and background and composite be the same outside
    the effect (scenes) or the repaired hole (photographs); keys must be unique, and where FOLDER holds the parts that
    `situate data split` made, a group must be in one of them only. Exit code 1 if something is damaged.

    Of pictures with labels (annotations.json or data.yaml beside images, Annotations beside JPEGImages): labels can be
    read, every picture opens and has the size they say, boxes lie in it, and masks are not empty and fit their boxes.

    Args:
        folder: The data set, or a folder with its parts, or the word starter: the package's triples for training.
    """
    from situate.data.sets.labelled import label_sets_in

    label_sets = label_sets_in(folder)
    problems = _label_problems(label_sets) if label_sets else _triple_problems(folder)
    _print(problems)
    return EXIT_SOME_DAMAGED if problems else 0


def _label_problems(label_sets: "Sequence[LabelSet]") -> "list[Problem]":
    from situate.data.sets.labelled import verify_labels

    problems: list[Problem] = []
    for one in label_sets:
        with progress_bar("checking") as progress:
            found = verify_labels(one, progress=progress)
        counts = f"{found.num_pictures} pictures, {found.num_objects} objects, {found.num_masks} masks"
        print(f"{one.annotations}: {counts}, {len(found.problems)} problems")
        problems += found.problems
    return problems


def _triple_problems(folder: Path) -> "list[Problem]":
    from situate.data.sets.verify import parts_in, shared_groups
    from situate.data.sets.verify import verify as verified
    from situate.data.starter import data_folder

    found: dict[str, Verification] = {}
    for part in parts_in(data_folder(folder, "train")):
        with progress_bar("checking") as progress:
            found[part.name] = verified(part, progress=progress)
        print(f"{part}: {_counts(found[part.name])}")
    problems = [problem for verification in found.values() for problem in verification.problems]
    return problems + shared_groups(found)


def _counts(verification: "Verification") -> str:
    checksums = "checksums" if verification.has_checksums else "no checksums"
    return (
        f"{verification.num_triples} triples in {len(verification.groups)} groups, {verification.num_files} files, "
        f"{checksums}, {len(verification.problems)} problems"
    )


def _print(problems: "Sequence[Problem]") -> None:
    for problem in problems[:NUM_LISTED]:
        print(f"  {problem}")
    if len(problems) > NUM_LISTED:
        print(f"  and {len(problems) - NUM_LISTED} more")
    print("whole" if not problems else f"{len(problems)} problems")
