"""Of which class each new object is."""

import heapq
from collections.abc import Mapping, Sequence

import numpy as np

from situate.augment.config import AugmentConfig
from situate.errors import InputError
from situate.seeds import seed_for


def check_classes(config: AugmentConfig, cutouts: Mapping[str, int], known: Sequence[str]) -> None:
    """Check that every class that is asked for exists and has cut-outs.

    Args:
        config: Asks.
        cutouts: Number of cut-outs of each class.
        known: Classes of the data set, and those that cut-outs add.

    Raises:
        InputError: Naming those that do not.
    """
    asked = {"per_class": config.per_class, "kinds": config.kinds, "sizes": config.sizes}
    for option, names in asked.items():
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise InputError(f"{option} names {', '.join(map(repr, unknown))}; there are {', '.join(map(repr, known))}")
    bare = sorted(name for name in {*config.per_class, *config.kinds} if not cutouts.get(name))
    if bare:
        raise InputError(
            f"there are no cut-outs of {', '.join(map(repr, bare))} (there are some of "
            f"{', '.join(map(repr, sorted(cutouts)))}); add some, or leave the class out"
        )


def drawn_kinds(
    config: AugmentConfig, before: Mapping[str, int], cutouts: Mapping[str, int], num_objects: int
) -> list[str]:
    """Draw the classes of new objects.

    Args:
        config: With `per_class`, exactly so many of each; with `balance`, always the one with fewest; else every
            cut-out is as likely as any other.
        before: Objects of each class that are there.
        cutouts: Number of cut-outs of each class that may be added; positive.
        num_objects: How many; not asked with `per_class`.

    Returns:
        In the order in which they come.
    """
    generator = np.random.default_rng(seed_for(config.seed, "kinds"))
    if config.per_class:
        kinds = [kind for kind in sorted(config.per_class) for _ in range(config.per_class[kind])]
        return [kinds[place] for place in generator.permutation(len(kinds))]
    names = sorted(cutouts)
    if not config.balance:
        weights = np.array([cutouts[name] for name in names], np.float64)
        return [names[place] for place in generator.choice(len(names), num_objects, p=weights / weights.sum())]
    heap = [(before.get(name, 0), name) for name in names]
    heapq.heapify(heap)
    kinds = []
    for _ in range(num_objects):
        count, name = heap[0]
        kinds.append(name)
        heapq.heapreplace(heap, (count + 1, name))
    return [kinds[place] for place in generator.permutation(num_objects)]
