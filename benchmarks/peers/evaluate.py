"""The figures of the suite `photos` for every method, with its own targets, scores and intervals."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from peers.config import PeerConfig
from peers.features import EncodedPairs, FrozenEncoder, plain_input
from peers.method import Answer, flat_distribution
from peers.places import boxes_of
from situate.data.loader import TripleUnion
from situate.errors import InputError
from situate.evaluation.figures import MIN_IOU
from situate.evaluation.intervals import mean_of, median_of
from situate.evaluation.photos.bench import CLASS_PRIOR, PRIOR, RANDOM, TRUTH
from situate.evaluation.photos.held_out import groups_of
from situate.evaluation.photos.priors import KindPriors
from situate.evaluation.photos.proposals import Proposal, prior_proposal, random_proposal, true_proposal
from situate.evaluation.photos.scores import PlaceScores, place_scores
from situate.evaluation.target import Target, target_of
from situate.seeds import seed_for

UNTRAINED = (TRUTH, RANDOM, PRIOR, CLASS_PRIOR)


@dataclass(frozen=True)
class AskedTriple:
    """One triple to be asked about; its pictures are not kept.

    Attributes:
        key: Its name.
        group: What is drawn again as a whole for intervals.
        kind: Class of its object.
        folder: Name of its data set.
        pair: What methods see.
        target: The true place.
    """

    key: str
    group: str
    kind: str
    folder: str
    pair: EncodedPairs
    target: Target

    @property
    def log_aspect(self) -> float:
        """Of the cut-out."""
        return float(self.pair.log_aspect[0])


@dataclass(frozen=True)
class MethodScores:
    """One method's scores, seed by seed and triple by triple.

    Attributes:
        by_seed: Scores of all triples in order, for each seed; a method without training has one seed.
        has_map: Whether it says how likely each cell is.
        has_density: Whether it says how likely each position is.
    """

    by_seed: Sequence[Sequence[PlaceScores]]
    has_map: bool
    has_density: bool


def asked_triples(
    folders: Sequence[Path], encoder: FrozenEncoder, config: PeerConfig, limit: int | None = None
) -> list[AskedTriple]:
    """Encode every triple (the first `limit`) once, with the light that the suite `photos` gives it."""
    union = TripleUnion(folders)
    found = []
    for number, group in enumerate(groups_of(union)[:limit]):
        triple = union[number]
        generator = np.random.default_rng(seed_for(config.seed, "photos", group, triple.key))
        (pair,) = encoder([plain_input(triple, config, generator)])
        target = target_of(triple, flat_distribution(pair, config))
        folder = str(folders[union.folder_number(number)])
        found.append(AskedTriple(triple.key, group, triple.kind, folder, pair, target))
    return found


def check_apart(data: Sequence[Path], test: Sequence[Path]) -> None:
    """Refuse to test on what trains: on its photographs' groups, or on its rendered triples.

    Raises:
        InputError: If any of them is in both.
    """
    known = [{_identity(union, index) for index in range(len(union))} for union in map(TripleUnion, (data, test))]
    shared = known[0] & known[1]
    if shared:
        raise InputError(
            f"{len(shared)} groups or triples of --test, among them {min(shared)}, are in --data too; "
            "part them with `situate data split`"
        )


def untrained_scores(triples: Sequence[AskedTriple], priors: KindPriors, seed: int) -> dict[str, MethodScores]:
    """Scores of the truth, of chance and of both priors."""
    found: dict[str, list[PlaceScores]] = {name: [] for name in UNTRAINED}
    for one in triples:
        generator = np.random.default_rng(seed_for(seed, "boxes", one.group, one.key))
        proposals = {
            TRUTH: true_proposal(one.target),
            RANDOM: random_proposal(one.target, one.log_aspect, generator),
            PRIOR: prior_proposal(one.target, one.log_aspect, priors.every),
            CLASS_PRIOR: prior_proposal(one.target, one.log_aspect, priors.of(one.kind)),
        }
        for name, proposal in proposals.items():
            found[name].append(place_scores(one.target, proposal, generator))
    return {name: MethodScores([scores], True, name != TRUTH) for name, scores in found.items()}


def answer_scores(triples: Sequence[AskedTriple], answers: Sequence[Answer], seed: int) -> list[PlaceScores]:
    """Scores of a trained method's answers."""
    scores = []
    for one, answer in zip(triples, answers, strict=True):
        generator = np.random.default_rng(seed_for(seed, "ties", one.group, one.key))
        scores.append(place_scores(one.target, _proposal(one, answer), generator))
    return scores


def figures_of(scores: MethodScores, groups: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Each figure over seeds: every triple counts with its mean over seeds; `spread` is over the seeds' own figures."""
    table = {
        "iou50_at_1": lambda one: float(one.iou_at_1 >= MIN_IOU),
        "iou50_at_5": lambda one: float(one.iou_at_5 >= MIN_IOU),
        "mean_iou_at_5": lambda one: one.iou_at_5,
        "centre_error": lambda one: one.centre_error,
    }
    if scores.has_map:
        table["top_tenth"] = lambda one: float(one.is_in_top_tenth)
        table["cell_nats"] = lambda one: one.cell_nats
    if scores.has_density:
        table["log_prob"] = lambda one: one.log_prob
    found = {}
    for name, figure in table.items():
        of_seeds = [[figure(one) for one in run] for run in scores.by_seed]
        estimate, average = (median_of, statistics.median) if name == "centre_error" else (mean_of, statistics.fmean)
        over_seeds = np.mean(of_seeds, axis=0).tolist()
        by_seed = [round(float(average(values)), 6) for values in of_seeds]
        spread = statistics.stdev(by_seed) if len(by_seed) > 1 else 0.0
        whole = estimate(over_seeds, drawn_groups(groups), seed=seed).as_dict()
        found[name] = {**whole, "by_seed": by_seed, "spread": round(spread, 6)}
    return found


def hits_over_seeds(scores: MethodScores) -> list[float]:
    """Share of seeds that hit with one of five boxes, triple by triple."""
    return np.mean([[one.iou_at_5 >= MIN_IOU for one in run] for run in scores.by_seed], axis=0).tolist()


def drawn_groups(groups: Sequence[str]) -> list[str]:
    """What intervals draw again; one group has none to draw from, so its triples stand for it."""
    return list(groups) if len(set(groups)) > 1 else [str(number) for number in range(len(groups))]


def compact(by_method: Mapping[str, MethodScores]) -> dict[str, Any]:
    """Every triple's scores, rounded, in the order of the triples."""
    found: dict[str, Any] = {}
    for name, scores in by_method.items():
        columns = ["iou_at_1", "iou_at_5", "centre_error"]
        columns += ["cell_nats"] * scores.has_map + ["log_prob"] * scores.has_density
        found[name] = [
            {column: [_rounded(getattr(one, column)) for one in run] for column in columns} for run in scores.by_seed
        ]
    return found


def _identity(union: TripleUnion, index: int) -> str:
    """A photograph's group; scenes of two seeds have the same names, so of others the box is looked at too."""
    group = union.group(index)
    return group if group.startswith("photos:") else f"{group} at {union.label(index)['box_cxcywh']}"


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _proposal(one: AskedTriple, answer: Answer) -> Proposal:
    boxes_cxcywh = boxes_of(answer.positions[None].double(), one.pair.log_aspect.double())[0]
    boxes = [one.target.letterbox.box_to_picture((cx, cy, w, h)) for cx, cy, w, h in boxes_cxcywh.tolist()]
    # Without a map no cell is likelier than another; what is scored of it is not reported.
    flat = torch.where(torch.from_numpy(one.target.is_picture), 0.0, -torch.inf)
    cells = flat if answer.cell_log_prob is None else answer.cell_log_prob
    return Proposal(boxes, cells.double().numpy(), answer.log_prob)
