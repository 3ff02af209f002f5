"""Composers with untrained models."""

import pytest
from tests.pipeline.models import publish_untrained

from situate.pipeline.composer import Composer


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    return publish_untrained(tmp_path_factory.mktemp("models") / "pasted")


@pytest.fixture(scope="session")
def literal_folder(tmp_path_factory):
    return publish_untrained(tmp_path_factory.mktemp("models") / "literal", "literal")


@pytest.fixture(scope="session")
def composer(model_folder):
    return Composer.from_pretrained(model_folder, device="cpu")


@pytest.fixture(scope="session")
def literal_composer(literal_folder):
    return Composer.from_pretrained(literal_folder, device="cpu")
