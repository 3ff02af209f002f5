"""What the parts of the placement network are worth: each left out, on the same triples, over several seeds.

All variants are the placement network of `tiny` alone, trained by the optimiser of `tiny`, and judged by the oracle of
rendered scenes. What decoys are worth is measured by `leak_gap.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from cyclopts import run
from jaxtyping import Float
from rate import describe_machine
from torch import Tensor, nn

from situate.data.loader import StepSampler, TrainingSet, TripleUnion, training_batches, validation_batches
from situate.data.sample import SampleConfig
from situate.data.starter import starter_set
from situate.data.store import TripleStore
from situate.evaluation.benchmark.proposals import letterbox_of
from situate.evaluation.benchmark.scene_set import set_of_folder
from situate.evaluation.oracle.judge import Verdict
from situate.evaluation.oracle.oracle import Oracle
from situate.geometry.canvas import box_of
from situate.imageio.write import write_json
from situate.nn.placement import PlacementNetwork, PlacementPrediction
from situate.nn.pretrained import PretrainedEncoder, pretrained_parameters
from situate.recipes import tiny
from situate.records.batch import Batch, PlacementInput
from situate.seeds import seed_for
from situate.training.optim import RATE_FACTOR, OptimConfig
from situate.training.step import fast_attention

MAX_SIZE_ERROR = 10.0


class Variant(nn.Module):
    """A placement network, what it learns from, and what it answers."""

    has_density = True

    def __init__(self, network: PlacementNetwork) -> None:
        """Take a fresh network."""
        super().__init__()
        self.network = network

    def loss(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return what is minimised for each sample: nats where there is a density."""
        return -self.network(batch.placement).distribution.log_prob_terms(batch.positions).total.mean(1)

    def position(self, inputs: PlacementInput) -> Float[Tensor, "b 3"]:
        """Return the likeliest anchor and log height of each."""
        return self.network(inputs).distribution.mode()


class ByCentre(Variant):
    """The density is over the box's centre; moving a position along y with its height changes no volume."""

    def loss(self, batch: Batch) -> Float[Tensor, " b"]:
        """As ever, for the centre."""
        centre = batch.positions.clone()
        centre[..., 1] -= centre[..., 2].exp() / 2
        return -self.network(batch.placement).distribution.log_prob_terms(centre).total.mean(1)

    def position(self, inputs: PlacementInput) -> Float[Tensor, "b 3"]:
        """Return the anchor below the likeliest centre."""
        position = super().position(inputs)
        return torch.stack([position[:, 0], position[:, 1] + position[:, 2].exp() / 2, position[:, 2]], 1)


class Regression(Variant):
    """One position from the mean of the fused tokens, with a smooth L1 loss."""

    has_density = False

    def __init__(self, network: PlacementNetwork) -> None:
        """Take a fresh network, whose head is not used."""
        super().__init__(network)
        width = network.config["width"]
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3))

    def loss(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return the smooth L1 distance to the positions, summed over x, y and log height."""
        found = self.position(batch.placement)[:, None].expand_as(batch.positions)
        return F.smooth_l1_loss(found, batch.positions, beta=0.1, reduction="none").sum(-1).mean(1)

    def position(self, inputs: PlacementInput) -> Float[Tensor, "b 3"]:
        """Return the one position of each, inside the canvas."""
        prediction: PlacementPrediction = self.network(inputs)
        raw = self.head(prediction.fused_tokens.mean(1)).float()
        return torch.cat([raw[:, :2].sigmoid(), raw[:, 2:].clamp(-3.9, 0.2)], 1)


@dataclass(frozen=True)
class Setup:
    """How a variant is made.

    Attributes:
        kind: Its class.
        size: Side of the background's canvas; the foreground's is half of it.
        options: Of the network, beside those of `tiny`.
        is_pretrained: Whether the encoders begin with ImageNet's weights.
    """

    kind: type[Variant] = Variant
    size: int = 64
    options: Mapping[str, Any] | None = None
    is_pretrained: bool = False

    def build(self, seed: int) -> Variant:
        """Make it, from a seed."""
        model = tiny().model
        sizes = {"background_size": self.size, "foreground_size": self.size // 2, "pool": model.fusion_pool}
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            variant = self.kind(PlacementNetwork(**{**sizes, **(self.options or {})}))
        for module in variant.modules():
            if self.is_pretrained and isinstance(module, PretrainedEncoder):
                module.load_pretrained()
        return variant.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Judged:
    """Rendered scenes to judge on, of each its first triple.

    Attributes:
        triples: Of the scenes.
        groups: Names of the scenes.
        oracles: One for each.
    """

    triples: TripleStore
    groups: Sequence[str]
    oracles: Sequence[Oracle]

    @property
    def indices(self) -> list[int]:
        """Number of the first triple of each scene."""
        first_of = {label["group"]: number for number, label in reversed(list(enumerate(self.triples.labels)))}
        return [first_of[group] for group in self.groups]


_BACKBONE = {"encoder": "efficientnet-lite0", "pool": 1}
VARIANTS = {
    "density over the contact point": Setup(),
    "density over the centre": Setup(ByCentre),
    "regression": Setup(Regression),
    "pretrained encoder, 128 px": Setup(size=128, options=_BACKBONE, is_pretrained=True),
    "same encoder from nothing, 128 px": Setup(size=128, options=_BACKBONE),
}


def main(
    out: Path,
    *,
    data: tuple[Path, ...] = (),
    test: Path | None = None,
    assets: Path | None = None,
    num_steps: int = 500,
    seeds: tuple[int, ...] = (0, 1, 2),
    variants: tuple[str, ...] = tuple(VARIANTS),
) -> None:
    """Train every variant with every seed, and print what the oracle says of their first places.

    Args:
        out: Figures, as JSON.
        data: Triples to train on; by default those of the starter set.
        test: Rendered scenes to judge on; by default the starter set's.
        assets: Folder with the models of the test scenes.
        num_steps: Of each training, 16 triples a step.
        seeds: Of the trainings.
        variants: Which.
    """
    print(describe_machine())
    folder = test or starter_set("test")
    triples = TripleUnion(list(data) or [starter_set("train")])
    scenes = set_of_folder(folder, TripleStore(folder).keys, assets)
    oracles = [scenes.oracle(number) for number in range(len(scenes.groups))]
    judged_on = Judged(TripleStore(folder), scenes.groups, oracles)
    figures: dict[str, list[dict[str, float | None]]] = {}
    for name in variants:
        for seed in seeds:
            figures.setdefault(name, []).append(trained_and_judged(VARIANTS[name], seed, triples, judged_on, num_steps))
            print(f"{name}, seed {seed}: {figures[name][-1]}", flush=True)
            write_json(figures, out)
    print("\n| variant | plausible, first (%) | median size error (%) | nats |\n| --- | --- | --- | --- |")
    for name, rows in figures.items():
        cells = [_cell(rows, "plausible_at_1", 100), _cell(rows, "size_error", 100), _cell(rows, "nats")]
        print(f"| {name} | {' | '.join(cells)} |")


def trained_and_judged(
    setup: Setup, seed: int, triples: TripleUnion, test: Judged, num_steps: int
) -> dict[str, float | None]:
    """Train one variant with one seed, and judge it; nats are None without a density."""
    config = tiny().sample.model_copy(
        update={"background_size": setup.size, "foreground_size": setup.size // 2, "num_positions": 16}
    )
    variant = trained(setup.build(seed), triples, config, num_steps, seed)
    samples = validation_batches(test.triples, test.indices, config, batch_size=1)
    with torch.inference_mode():
        nats = mean(float(variant.loss(sample)) for sample in samples) if variant.has_density else None
        places = [box_of(variant.position(one.placement), one.placement.log_aspect)[0].tolist() for one in samples]
    verdicts = [verdict_of(oracle, place) for oracle, place in zip(test.oracles, places, strict=True)]
    errors = [min(abs(one.size_ratio - 1), MAX_SIZE_ERROR) if one.thing else MAX_SIZE_ERROR for one in verdicts]
    return {
        "plausible_at_1": mean(float(one.is_plausible) for one in verdicts),
        "size_error": median(errors),
        "nats": nats,
    }


def verdict_of(oracle: Oracle, place: Sequence[float]) -> Verdict:
    """What the oracle says of a box on the canvas."""
    cx, cy, w, h = place
    return oracle.plausible(letterbox_of(oracle).box_to_picture((cx, cy, w, h)))


def trained(variant: Variant, triples: TripleUnion, config: SampleConfig, num_steps: int, seed: int) -> Variant:
    """Train a variant as `situate train tiny` would train its placement network, without averaging weights."""
    optim = OptimConfig()
    optimizer = optim.build(variant.parameters(), pretrained_parameters(variant))
    sampler = StepSampler(
        range(len(triples)), batch_size=16, seed=seed_for(seed, "ablations"), start_step=0, rank=0, world_size=1
    )
    batches = training_batches(TrainingSet(triples, config), sampler, num_workers=0)
    variant.train()
    for step in range(num_steps):
        for group in optimizer.param_groups:
            group["lr"] = optim.learning_rate_at(step, num_steps) * group[RATE_FACTOR]
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16), fast_attention(torch.device("cpu")):
            loss = variant.loss(batch).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(variant.parameters(), optim.max_gradient_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return variant.eval()


def _cell(rows: Sequence[Mapping[str, float | None]], name: str, factor: float = 1) -> str:
    values = [factor * value for row in rows if (value := row[name]) is not None]
    if not values:
        return "-"
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread}"


if __name__ == "__main__":
    run(main)
