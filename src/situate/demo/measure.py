"""Both models measured on the same held-out triples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situate.data.store import TripleStore
from situate.demo.plan import DemoConfig
from situate.demo.progress import Phases
from situate.evaluation.fused import synthesis_part
from situate.evaluation.suite import SuiteConfig, boxes_on_canvas, evaluate_scenes
from situate.pipeline.composer import Composer
from situate.pipeline.model_files import shipped_model
from situate.records.triple import Triple


@dataclass(frozen=True)
class Models:
    """What composes: the model just trained, and the one that ships (None if none does)."""

    trained: Composer
    shipped: Composer | None

    @property
    def for_photos(self) -> Composer:
        """The shipped one where there is one: it was trained for longer."""
        return self.shipped or self.trained


def load_models(trained_folder: Path, device: str) -> Models:
    """Load the model just trained and, if there is one, the shipped one."""
    has_shipped = (shipped_model() / "model_index.json").is_file()
    return Models(
        trained=Composer.from_pretrained(trained_folder, device=device),
        shipped=Composer.from_pretrained(device=device) if has_shipped else None,
    )


def measure(
    models: Models, triples: Sequence[Triple], training: Path, config: DemoConfig, phases: Phases
) -> dict[str, Any]:
    """Figures of both models on the same held-out triples, against the prior of the scenes in `training`."""
    prior_boxes = boxes_on_canvas(TripleStore(training))
    loss = synthesis_part(config.training().loss.build())
    figures: dict[str, Any] = {"trained": None, "shipped": None}
    for name, composer in (("trained", models.trained), ("shipped", models.shipped)):
        if composer is None:
            continue
        with phases.bar("measuring", f"measuring ({name})", len(triples)) as advance:
            figures[name] = evaluate_scenes(
                composer.pipeline,
                triples,
                SuiteConfig(seed=config.seed),
                loss=loss,
                prior_boxes=prior_boxes,
                progress=advance,
            )
    return figures
