"""Which triples are evaluated, which belong together, and where the objects of data sets stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from situate.data.loader import TripleUnion
from situate.errors import DataError
from situate.evaluation.baselines import Position
from situate.evaluation.selection import selected
from situate.geometry.canvas import Letterbox, position_of
from situate.records.triple import Triple


@dataclass(frozen=True)
class HeldOut:
    """Triples to evaluate.

    Attributes:
        triples: Decoded when asked for.
        groups: The group of each, see `groups_of`.
    """

    triples: Sequence[Triple]
    groups: Sequence[str]


@dataclass(frozen=True)
class SeenObject:
    """Where one object stands.

    Attributes:
        group: Its picture's group, see `groups_of`.
        kind: Its class.
        position: Its anchor and log height on the letter-boxed canvas.
    """

    group: str
    kind: str
    position: Position


def held_out(union: TripleUnion, *, num: int | None, seed: int) -> HeldOut:
    """Choose triples.

    Args:
        union: All of them.
        num: At most so many, drawn by `seed`.
        seed: Of the draw.

    Raises:
        InputError: If `num` < 1.
    """
    triples, groups = selected(union, validation_fraction=None, num=num, seed=seed), groups_of(union)
    return HeldOut(triples, [groups[index] for index in triples.indices])


def groups_of(union: TripleUnion) -> list[str]:
    """Name the group of every triple; groups of the same name in two data sets are kept apart."""
    return [f"{number}:{label['group']}" for number, store in enumerate(union.stores) for label in store.labels]


def seen_objects(union: TripleUnion) -> list[SeenObject]:
    """Say where the object of every triple stands; of its pictures only the effect is decoded, for its size.

    Raises:
        DataError: If a picture is missing or damaged.
    """
    groups = iter(groups_of(union))
    objects = []
    for store in union.stores:
        for index, label in enumerate(store.labels):
            effect = store.picture(index, "effect")
            if effect is None:
                raise DataError(f"{store.folder}: {store.keys[index]} has no effect; make the data set again")
            height_px, width_px = effect.shape[:2]
            box_cxcywh = Letterbox(width_px, height_px).box_to_canvas(tuple(label["box_cxcywh"]))
            objects.append(SeenObject(next(groups), label["kind"], position_of(box_cxcywh)))
    return objects
