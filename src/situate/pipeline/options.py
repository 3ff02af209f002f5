"""How composites are made: the options that do not say where, and which of all a model takes.

Imports nothing that takes long: commands check their options first.
"""

from dataclasses import dataclass

from situate.errors import InputError
from situate.geometry.correction import MATCHES, Correction, Match, correction_of
from situate.records.constraints import PlacementConstraints
from situate.records.placement import BoxXywhPx

DEFAULT_STEPS = 4
BATCH_SIZE = 8
"""Pairs that go through the networks together: twice as many hardly take less time for each, and twice the memory."""


@dataclass(frozen=True)
class Synthesis:
    """How composites are made, wherever the object stands.

    Attributes:
        seed: Of the noise template.
        num_steps: Of the walk from noise to image.
        strength: How much of what the network changes is taken, [0, 1].
        match: Of which part of it.
    """

    seed: int = 0
    num_steps: int = DEFAULT_STEPS
    strength: float = 1.0
    match: Match = "all"

    @property
    def correction(self) -> Correction:
        """Strength and match in one."""
        return correction_of(self.strength, self.match)


def check_options(top_k: int, synthesis: Synthesis) -> None:
    """Check the options that composing takes.

    Raises:
        InputError: Naming those that cannot be used.
    """
    numbers = (("top_k", top_k, 1), ("steps", synthesis.num_steps, 1), ("seed", synthesis.seed, 0))
    problems = [f"{name} is {value}; it must be at least {least}" for name, value, least in numbers if value < least]
    # Asked this way round, a strength that is not a number is refused too.
    if not 0 <= synthesis.strength <= 1:
        problems.append(
            f"strength is {synthesis.strength:g}; it must be between 0 (plain paste) and 1 (all that the model changes)"
        )
    if synthesis.match not in MATCHES:
        problems.append(f"match is {synthesis.match!r}; it must be one of {', '.join(MATCHES)}")
    if problems:
        raise InputError("; ".join(problems))


def check_composing(
    conditioning: str,
    synthesis: Synthesis,
    top_k: int = 1,
    box_xywh_px: BoxXywhPx | None = None,
    constraints: PlacementConstraints | None = None,
) -> None:
    """Find out before any work whether a model of some conditioning can compose with these options.

    Raises:
        InputError: If it cannot.
    """
    check_options(top_k, synthesis)
    if box_xywh_px is not None and constraints is not None and not constraints.is_default:
        raise InputError("a box says where the object goes, constraints say where it may; pass one of them")
    if conditioning == "literal":
        check_literal(top_k, box_xywh_px, constraints, synthesis)


def check_literal(
    top_k: int, box_xywh_px: BoxXywhPx | None, constraints: PlacementConstraints | None, synthesis: Synthesis
) -> None:
    """Check that nothing is asked of a `literal` model that it cannot do.

    It is not told a place, so that several places would give one and the same picture; and nothing is pasted that its
    changes could be told from.

    Raises:
        InputError: With the first thing that it cannot do.
    """
    asked_of_place = {
        f"top_k is {top_k}": top_k != 1,
        "a box is given": box_xywh_px is not None,
        "constraints are given": constraints is not None and not constraints.is_default,
    }
    asked_of_changes = {
        f"strength is {synthesis.strength:g}": synthesis.strength != 1,
        f"match is {synthesis.match}": synthesis.match != "all",
    }
    if reason := next((reason for reason, is_asked in asked_of_place.items() if is_asked), None):
        raise InputError(
            f"{reason}, but this model is `literal`: it finds the object's place itself and cannot be told one; "
            "ask for one composite without, or use a `pasted` model such as small, which ships with situate"
        )
    if reason := next((reason for reason, is_asked in asked_of_changes.items() if is_asked), None):
        raise InputError(
            f"{reason}, but this model is `literal`: it draws the object itself, there is no paste that its changes "
            "could be told from; leave it out, or use a `pasted` model such as small, which ships with situate"
        )
