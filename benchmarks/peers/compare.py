"""The comparison from data sets to tables."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rate import describe_machine

from peers.config import PeerConfig
from peers.evaluate import (
    AskedTriple,
    MethodScores,
    answer_scores,
    asked_triples,
    check_apart,
    compact,
    drawn_groups,
    figures_of,
    hits_over_seeds,
    untrained_scores,
)
from peers.features import FrozenEncoder, encoded, training_inputs, validation_inputs
from peers.methods import METHODS, OURS, fresh_method
from peers.report import NOTES, as_markdown, differences, tables_of
from peers.train import Pairs, Trainer, Trial, all_answers
from situate.data.loader import TripleUnion, split_by_group
from situate.evaluation.photos.held_out import seen_objects
from situate.evaluation.photos.priors import priors_from
from situate.imageio.write import write_bytes, write_json
from situate.nn.pretrained import FINE_STRIDE


def main(
    out: Path,
    *,
    data: list[Path],
    test: list[Path],
    seeds: str = "0,1,2",
    trials: int = 3,
    steps: int = 600,
    methods: str = ",".join(METHODS),
    limit: int | None = None,
) -> None:
    """Train every method on the same pairs, tune it on held-out groups of them, and test it once.

    Args:
        out: Where weights, `peers.json` and `peers.md` go; what was trained there already is not trained again.
        data: Data sets to train and tune on.
        test: Data sets to test on, photographs or rendered scenes.
        seeds: Of the final runs, with commas.
        trials: Learning rates that are tried for each method.
        steps: Of each training.
        methods: Which, with commas.
        limit: At most so many triples of training, of validation and of the test: for a try.
    """
    print(describe_machine(), flush=True)
    names, config = methods.split(","), PeerConfig(num_trials=trials, num_steps=steps)
    for name in names:
        fresh_method(name, config, 0)
    check_apart(data, test)
    encoder, union = FrozenEncoder(), TripleUnion(data)
    pairs = encoded_pairs(union, encoder, config, limit)
    tested = asked_triples(test, encoder, config, limit)
    trainer = Trainer(pairs, config, out / "weights" / _fingerprint(config, data, limit))
    tuning, scores = {}, {}
    for name in names:
        tuned = trainer.tuned(name, [int(seed) for seed in seeds.split(",")], _say)
        tuning[name] = {"trials": [asdict(one) for one in tuned.trials], "runs": [asdict(one) for one in tuned.runs]}
        by_seed = [
            answer_scores(tested, all_answers(model, [one.pair for one in tested], config.seed), config.seed)
            for model in tuned.models
        ]
        scores[name] = MethodScores(by_seed, METHODS[name].has_map, name == OURS)
    priors = priors_from(seen_objects(union), config.background_size // FINE_STRIDE, seed=config.seed)
    scores = {**untrained_scores(tested, priors, config.seed), **scores}
    result = {
        "config": {**config.model_dump(), "seeds": seeds, "data": list(map(str, data)), "test": list(map(str, test))},
        "num_training": len(pairs.training),
        "num_validation": len(pairs.validation) // 2,
        "num_parameters": {name: _num_parameters(name, config) for name in names},
        "trials": tuning,
        "parts": parts_of(tested, scores, config.seed),
        "keys": [f"{one.group}/{one.key}" for one in tested],
        "scores": compact(scores),
    }
    write_json(result, out / "peers.json")
    text = "\n\n".join([_about(result), NOTES, *(as_markdown(table) for table in tables_of(result))])
    write_bytes(f"{text}\n".encode(), out / "peers.md")
    print(f"\n{text}")


def encoded_pairs(union: TripleUnion, encoder: FrozenEncoder, config: PeerConfig, limit: int | None) -> Pairs:
    """Encode what trains and what tunes."""
    start_s = time.perf_counter()
    training, validation = split_by_group(union, config.validation_fraction)
    trained = [encoder(training_inputs(union[index], config)) for index in training[:limit]]
    tuning = encoded(
        encoder, (union[index] for index in validation[:limit]), lambda one: validation_inputs(one, config)
    )
    encode_s = time.perf_counter() - start_s
    num = sum(map(len, trained)) + len(tuning)
    print(
        f"encoded {num} pairs of {len(trained)} training and {len(tuning) // 2} validation triples, "
        f"{1000 * encode_s / num:.0f} ms each",
        flush=True,
    )
    return Pairs(trained, tuning)


def parts_of(tested: Sequence[AskedTriple], scores: Mapping[str, MethodScores], seed: int) -> dict[str, Any]:
    """Figures and differences of every test folder, and of all together if there are more."""
    folders = list(dict.fromkeys(one.folder for one in tested))
    every = {folder: [number for number, one in enumerate(tested) if one.folder == folder] for folder in folders}
    if len(folders) > 1:
        every["all"] = list(range(len(tested)))
    return {
        name: _part([tested[index].group for index in index_of], scores, index_of, seed)
        for name, index_of in every.items()
    }


def _part(
    groups: Sequence[str], scores: Mapping[str, MethodScores], index_of: Sequence[int], seed: int
) -> dict[str, Any]:
    chosen = {
        name: MethodScores([[run[index] for index in index_of] for run in one.by_seed], one.has_map, one.has_density)
        for name, one in scores.items()
    }
    hits = {name: hits_over_seeds(one) for name, one in chosen.items()}
    return {
        "num_triples": len(groups),
        "num_groups": len(set(groups)),
        "methods": {name: figures_of(one, groups, seed=seed) for name, one in chosen.items()},
        "differences": differences(hits, drawn_groups(groups), seed=seed) if OURS in hits else {},
    }


def _about(result: Mapping[str, Any]) -> str:
    config, parameters = result["config"], result["num_parameters"]
    sizes = ", ".join(f"{name} {num / 1e6:.2f} M" for name, num in parameters.items())
    return (
        f"Trained on {result['num_training']} triples of {', '.join(config['data'])}, tuned on "
        f"{result['num_validation']} of other groups; {config['num_steps']} steps of {config['batch_size']}, seeds "
        f"{config['seeds']}. "
        f"Parameters beside the frozen encoder: {sizes}."
    )


def _say(trial: Trial) -> None:
    print(
        f"{trial.method:10}  learning rate {trial.learning_rate:g}, seed {trial.seed}: mean IoU@5 on validation "
        f"{100 * trial.mean_iou_at_5:.1f} %, {trial.train_s:.0f} s",
        flush=True,
    )


def _num_parameters(name: str, config: PeerConfig) -> int:
    return sum(parameter.numel() for parameter in fresh_method(name, config, 0).parameters())


def _fingerprint(config: PeerConfig, data: Sequence[Path], limit: int | None) -> str:
    """Names what weights depend on: another number of trials changes no training."""
    text = config.model_dump_json(exclude={"num_trials"}) + "\n".join(str(one.resolve()) for one in data) + str(limit)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
