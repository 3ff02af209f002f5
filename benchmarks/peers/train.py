"""One training loop and one way of tuning for all methods."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from peers.config import LEARNING_RATES, PeerConfig
from peers.features import EncodedPairs, joined
from peers.method import Answer, Method
from peers.methods import fresh_method
from peers.places import boxes_of, moved_inside
from situate.errors import NonFiniteLossError
from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.pipeline.device import fast_autocast
from situate.seeds import seed_for
from situate.training.step import fast_attention

MAX_GRADIENT_NORM = 1.0
WARM_UP = 0.05
"""Share of the steps in which the learning rate rises; it falls as a cosine to 0 afterwards."""
_BATCH = 16


@dataclass(frozen=True)
class Pairs:
    """Encoded pairs that train and that tune.

    Attributes:
        training: All versions of each triple, for each triple.
        validation: Of other groups, without augmentation.
    """

    training: Sequence[Sequence[EncodedPairs]]
    validation: Sequence[EncodedPairs]


@dataclass(frozen=True)
class Trial:
    """One training and what it reached on validation.

    Attributes:
        method: Its name.
        learning_rate: The highest, after the warm-up.
        seed: Of parameters, order and latents.
        mean_iou_at_5: Mean over validation pairs of the best overlap of five boxes; this chooses the learning rate.
        train_s: Seconds of training; 0 if it was done before.
    """

    method: str
    learning_rate: float
    seed: int
    mean_iou_at_5: float
    train_s: float


@dataclass(frozen=True)
class Trainer:
    """Trains methods on the same pairs; what lies in its folder already is not trained again.

    Attributes:
        pairs: What they learn from.
        config: The same for all.
        folder: Where weights go.
    """

    pairs: Pairs
    config: PeerConfig
    folder: Path

    def tuned(self, name: str, seeds: Sequence[int], report: Callable[[Trial], None]) -> "Tuned":
        """Try each learning rate with the first seed, then train every seed with the best.

        The best trial is the first seed's run, so a method trains `num_trials + len(seeds) - 1` times.
        """
        trials = []
        for learning_rate in LEARNING_RATES[: self.config.num_trials]:
            trials.append(self.trained(name, learning_rate, seeds[0])[1])
            report(trials[-1])
        best = max(trials, key=lambda trial: trial.mean_iou_at_5)
        runs, models = [], []
        for seed in seeds:
            model, run = self.trained(name, best.learning_rate, seed)
            if seed != seeds[0]:
                report(run)
            runs.append(run)
            models.append(model)
        return Tuned(trials, runs, models)

    def trained(self, name: str, learning_rate: float, seed: int) -> tuple[Method, Trial]:
        """Train once, or read what was trained."""
        path = self.folder / f"{name}-{learning_rate:g}-{seed}.safetensors"
        model, train_s = fresh_method(name, self.config, seed), 0.0
        if path.is_file():
            model.load_state_dict(load_file(path))
            model.eval()
        else:
            start_s = time.perf_counter()
            model = fit(model, self.pairs.training, learning_rate, seed)
            train_s = time.perf_counter() - start_s
            model.settle(self.pairs.validation)
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
        figure = mean_iou_at_5(model, self.pairs.validation, self.config.seed)
        return model, Trial(name, learning_rate, seed, figure, round(train_s, 1))


@dataclass(frozen=True)
class Tuned:
    """A method's trials, and its final runs with the learning rate that was chosen."""

    trials: Sequence[Trial]
    runs: Sequence[Trial]
    models: Sequence[Method]


def fit(method: Method, training: Sequence[Sequence[EncodedPairs]], learning_rate: float, seed: int) -> Method:
    """Train with AdamW; return the averaged weights.

    Every player's gradient is clipped by itself; all of them step together, as in GracoNet's repository.

    Raises:
        NonFiniteLossError: If a loss is NaN or infinite.
    """
    config = method.config
    generator = torch.Generator().manual_seed(seed_for(seed, "peers"))
    players = method.players()
    optimizer = torch.optim.AdamW(
        method.parameters(), learning_rate, betas=method.betas, weight_decay=config.weight_decay
    )
    averaged = AveragedModel(method, multi_avg_fn=get_ema_multi_avg_fn(config.averaging), use_buffers=True)
    method.train()
    for step in range(config.num_steps):
        optimizer.param_groups[0]["lr"] = learning_rate * rate_factor(step, config.num_steps)
        pairs = joined(_drawn(training, config.batch_size, generator))
        with fast_autocast(pairs.position.device), fast_attention(pairs.position.device):
            losses = method.losses(pairs, generator)
        for player, parameters in players.items():
            if not losses[player].isfinite():
                raise NonFiniteLossError(f"the {player}'s loss is {losses[player]:g} at step {step}, seed {seed}")
            gradients = torch.autograd.grad(losses[player], parameters, retain_graph=len(players) > 1)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        optimizer.step()
        averaged.update_parameters(method)
    return averaged.module.eval()


def rate_factor(step: int, num_steps: int) -> float:
    """Share of the highest learning rate at a step."""
    warm_steps = max(1, round(WARM_UP * num_steps))
    if step < warm_steps:
        return (step + 1) / warm_steps
    return 0.5 * (1 + math.cos(math.pi * (step - warm_steps) / max(1, num_steps - warm_steps)))


@torch.inference_mode()
def all_answers(method: Method, pairs: Sequence[EncodedPairs], seed: int) -> list[Answer]:
    """Ask a method for every pair; the boxes of all methods are moved inside the picture."""
    generator = torch.Generator().manual_seed(seed_for(seed, "answers"))
    method.eval()
    found = []
    for start in range(0, len(pairs), _BATCH):
        part = joined(pairs[start : start + _BATCH])
        with fast_attention(part.position.device):
            answers = method.answers(part, generator)
        for number, answer in enumerate(answers):
            content_xyxy, log_aspect = part.content_xyxy[number : number + 1], part.log_aspect[number : number + 1]
            positions = moved_inside(answer.positions[None], content_xyxy, log_aspect)[0]
            found.append(Answer(positions, answer.cell_log_prob, answer.log_prob))
    return found


def mean_iou_at_5(method: Method, validation: Sequence[EncodedPairs], seed: int) -> float:
    """Mean of the best overlap of five boxes with the true one."""
    best = []
    for answer, pair in zip(all_answers(method, validation, seed), validation, strict=True):
        log_aspect = pair.log_aspect.float()
        boxes = cxcywh_to_xyxy(boxes_of(answer.positions[None], log_aspect))
        truth = cxcywh_to_xyxy(boxes_of(pair.position[None].float(), log_aspect))
        best.append(float(iou(boxes, truth).max()))
    return sum(best) / len(best)


def _drawn(
    training: Sequence[Sequence[EncodedPairs]], batch_size: int, generator: torch.Generator
) -> list[EncodedPairs]:
    """Draw triples, and a version of each."""
    chosen = torch.randperm(len(training), generator=generator)[:batch_size].tolist()
    chosen += torch.randint(len(training), (batch_size - len(chosen),), generator=generator).tolist()
    versions = torch.rand(batch_size, generator=generator).tolist()
    return [training[index][int(share * len(training[index]))] for index, share in zip(chosen, versions, strict=True)]
