"""What other programs import; a name leaves this table only with a line in CHANGELOG.md."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_NAMES = {
    "situate": ["Augmenter", "Composer", "Extent", "PlacementConstraints", "__version__"],
    "situate.augment.augmenter": ["Augmenter"],
    "situate.augment.config": ["AugmentConfig"],
    "situate.augment.plan": ["AugmentPlan", "plan_augmentation", "read_plan"],
    "situate.augment.run": ["augment"],
    "situate.augment.source": ["AugmentOutput", "AugmentSource"],
    "situate.client": ["AugmentOptions", "Client", "ComposeOptions", "PlaceOptions", "ServiceError"],
    "situate.data.assets.body": ["load_body"],
    "situate.data.assets.catalogue": ["scan_catalogue"],
    "situate.data.building.build": ["Workers"],
    "situate.data.photos.build": ["Annotated", "build_photo_triples"],
    "situate.data.photos.config": ["PhotoConfig"],
    "situate.data.store": ["TripleStore"],
    "situate.data.writer": ["TripleWriter"],
    "situate.labels.coco_mask": ["mask_of"],
    "situate.labels.read": ["read_labels"],
    "situate.labels.write": ["label_files"],
    "situate.errors": ["SituateError", "InputError", "DataError", "OutputError", "ConfigError", "ModelFileError"],
    "situate.pipeline.composer": ["Composer"],
    "situate.recipes": ["tiny"],
    "situate.records.picture": ["Picture"],
    "situate.records.placement": ["Composite", "Placement"],
    "situate.records.triple": ["Triple"],
    "situate.seeds": ["seed_for"],
    "situate.training.run": ["train"],
}


@pytest.mark.parametrize("module", PUBLIC_NAMES)
def test_public_names_are_there_and_explained(module):
    content = importlib.import_module(module)
    assert [name for name in PUBLIC_NAMES[module] if not hasattr(content, name)] == []
    assert [
        name for name in PUBLIC_NAMES[module] if not (name.startswith("__") or getattr(content, name).__doc__)
    ] == []


def test_documents_import_public_names_only():
    blocks = [
        block
        for document in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
        for block in re.findall(
            r"^```python\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
    ]
    imports = [node for block in blocks for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
    named = {(node.module, alias.name) for node in imports for alias in node.names if "situate" in str(node.module)}
    assert named, "no document shows situate from Python"
    public = {(module, name) for module, names in PUBLIC_NAMES.items() for name in names}
    assert named <= public
