"""One run: a detector is trained on real pictures, with or without new ones, and tested."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from cyclopts import Parameter
from peers.train import rate_factor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from detector.features import Encoded, Example, classes_of
from detector.model import Detector, Found, Levels, decode, encode, loss_of
from detector.score import Scores, score
from situate.errors import InputError, NonFiniteLossError
from situate.geometry.boxes import cxcywh_to_xyxy
from situate.labels.coco import CocoDataset, read_coco
from situate.pipeline.device import fast_autocast
from situate.seeds import seed_for

FINE_STRIDE = 8
MAX_FOUND = 100
MAX_GRADIENT_NORM = 5.0
TEST_BATCH = 16


@Parameter(name="*")
@dataclass(frozen=True)
class Recipe:
    """How every detector is trained; chosen on the development part by trainings on real pictures alone.

    Args:
    side_px: Of the canvas that a picture is put on; a multiple of 32.
    num_zooms: Zoomed views of a training picture, beside all of it and the same mirrored.
    width: Channels of the neck and the heads.
    num_steps: Of the optimiser, the same in every arm.
    batch_size: Pictures of a step; half of them are new ones where there are any.
    learning_rate: The highest.
    weight_decay: Of AdamW.
    dropout: Share of the frozen features' channels that is left out.
    box_factor: How much the boxes' loss counts beside the map's.
    averaging: Share of the averaged weights that stays in a step.
    """

    side_px: int = 320
    num_zooms: int = 2
    width: int = 64
    num_steps: int = 400
    batch_size: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    dropout: float = 0.1
    box_factor: float = 1.0
    averaging: float = 0.99


@dataclass(frozen=True)
class Pictures:
    """A COCO file and its folder of pictures."""

    annotations: Path
    images: Path

    def dataset(self) -> CocoDataset:
        """Read the COCO file."""
        return read_coco(self.annotations)


@dataclass(frozen=True)
class RunResult:
    """What a run reached, and its time: to encode, to train, and to test."""

    scores: Scores
    last_loss: float
    encode_s: float
    train_s: float
    test_s: float


def run_once(
    real: Pictures, new: Pictures | None, test: Pictures, encoded: Encoded, recipe: Recipe, seed: int
) -> RunResult:
    """Train and test one detector.

    Args:
        real: Real training pictures.
        new: New ones beside them, if any.
        test: What it is tested on.
        encoded: Keeps what it has encoded of real and test pictures.
        recipe: The same in every arm.
        seed: Of parameters and batches.
    """
    start_s = time.perf_counter()
    dataset, test_set = real.dataset(), test.dataset()
    real_views = encoded.real(dataset, real.images)
    new_views = None
    if new is not None:
        new_set = new.dataset()
        _require_same_classes(dataset, new_set)
        new_views = encoded.new(new_set, new.images)
    _require_same_classes(dataset, test_set)
    test_examples = encoded.test(test_set, test.images)
    encoded_s = time.perf_counter()
    model, last_loss = fit(real_views, new_views, len(dataset.categories), recipe, seed)
    trained_s = time.perf_counter()
    found = find(model, [one.features.levels() for one in test_examples])
    scores = score(json.loads(test.annotations.read_bytes()), as_coco(test_set, found))
    end_s = time.perf_counter()
    return RunResult(scores, last_loss, encoded_s - start_s, trained_s - encoded_s, end_s - trained_s)


def fit(
    real: Sequence[Sequence[Example]],
    new: Sequence[Sequence[Example]] | None,
    num_classes: int,
    recipe: Recipe,
    seed: int,
) -> tuple[Detector, float]:
    """Train with AdamW; return the detector with averaged weights, and the mean loss of the last tenth of the steps.

    Args:
        real: Views of each real picture.
        new: Views of each new picture.
        num_classes: How many there are.
        recipe: The same in every arm.
        seed: Of parameters and batches.

    Raises:
        NonFiniteLossError: If the loss is NaN or infinite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(seed, "detector"))
        model = Detector(num_classes, recipe.width, recipe.dropout)
        model.settle([views[0].features.levels() for views in real])
        optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.averaging))
        batches, losses = Batches(real, new, recipe.batch_size, seed), []
        model.train()
        for step in range(recipe.num_steps):
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * rate_factor(step, recipe.num_steps)
            loss = loss_on(model, batches.draw(), num_classes, recipe)
            if not loss.isfinite():
                raise NonFiniteLossError(f"the loss is {loss:g} at step {step}, seed {seed}; lower the learning rate")
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
            optimizer.step()
            averaged.update_parameters(model)
            losses.append(float(loss.detach()))
    last = losses[-max(1, recipe.num_steps // 10) :]
    return averaged.module.eval(), sum(last) / len(last)


def loss_on(model: Detector, examples: Sequence[Example], num_classes: int, recipe: Recipe) -> torch.Tensor:
    """Loss of a batch."""
    target = encode([one.labels for one in examples], num_classes, recipe.side_px // FINE_STRIDE)
    levels = stacked([one.features.levels() for one in examples])
    with fast_autocast(levels[0].device):
        maps = model(levels)
    return loss_of(maps, target, recipe.box_factor)


class Batches:
    """Draws views: pictures in shuffled rounds, of each a view by chance."""

    def __init__(
        self, real: Sequence[Sequence[Example]], new: Sequence[Sequence[Example]] | None, batch_size: int, seed: int
    ) -> None:
        """Set up; without new pictures all of a batch are real."""
        num_new = batch_size // 2 if new else 0
        self.sources = [_Shuffled(real, batch_size - num_new, seed_for(seed, "real"))]
        if new:
            self.sources.append(_Shuffled(new, num_new, seed_for(seed, "new")))

    def draw(self) -> list[Example]:
        """Return the next batch."""
        return [example for source in self.sources for example in source.draw()]


class _Shuffled:
    def __init__(self, pictures: Sequence[Sequence[Example]], num: int, seed: int) -> None:
        self.pictures, self.num, self.left = pictures, num, list[int]()
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self) -> list[Example]:
        while len(self.left) < self.num:
            self.left += torch.randperm(len(self.pictures), generator=self.generator).tolist()
        chosen, self.left = self.left[: self.num], self.left[self.num :]
        shares = torch.rand(self.num, generator=self.generator).tolist()
        views = [self.pictures[index] for index in chosen]
        return [one[int(share * len(one))] for one, share in zip(views, shares, strict=True)]


def stacked(examples: Sequence[Levels]) -> Levels:
    """Join the features of some views."""
    fine, middle, coarse = (torch.stack(level) for level in zip(*examples, strict=True))
    return fine, middle, coarse


@torch.inference_mode()
def find(model: Detector, examples: Sequence[Levels]) -> list[Found]:
    """Return what a detector finds in each view."""
    found = []
    for start in range(0, len(examples), TEST_BATCH):
        levels = stacked(examples[start : start + TEST_BATCH])
        with fast_autocast(levels[0].device):
            maps = model(levels)
        found += decode(maps, MAX_FOUND)
    return found


def as_coco(dataset: CocoDataset, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return what was found in whole pictures as COCO's result files have it, cut at the pictures' edges."""
    category_of = {number: category_id for category_id, number in classes_of(dataset).items()}
    results = []
    for image, one in zip(dataset.images, found, strict=True):
        boxes_xyxy_px = cxcywh_to_xyxy(one.boxes_cxcywh) * max(image.width, image.height)
        boxes_xyxy_px = boxes_xyxy_px.clamp(min=0).minimum(boxes_xyxy_px.new_tensor([image.width, image.height] * 2))
        columns = boxes_xyxy_px.tolist(), one.scores.tolist(), one.classes.tolist()
        for (left, top, right, bottom), certainty, number in zip(*columns, strict=True):
            bbox = [left, top, right - left, bottom - top]
            results.append({"image_id": image.id, "category_id": category_of[number], "bbox": bbox, "score": certainty})
    return results


def _require_same_classes(dataset: CocoDataset, other: CocoDataset) -> None:
    if dataset.category_names() != other.category_names():
        raise InputError(
            f"{other.path} has the classes {other.category_names()}, {dataset.path} has {dataset.category_names()}; "
            "pass files of the same data set"
        )
